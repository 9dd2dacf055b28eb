"""The mix by alpha, which every way of blending ends with."""

import cv2
import numpy as np
from jaxtyping import Float, UInt


def mix(
    region: UInt[np.ndarray, "*shape"],
    face: Float[np.ndarray, "*face_shape"],
    alpha: Float[np.ndarray, "alpha_h alpha_w"],
) -> UInt[np.ndarray, "*shape"]:
    """The mix, alpha * face + (1 - alpha) * region. Where alpha is 0 the region stays to the bit.

    Args:
        region: whole numbers of 8 or 16 bits, one channel or more.
        face: the same, of the same size and scale, not rounded, in the range of the region's.
        alpha: [0, 1], float32.

    Raises:
        ValueError: if the sizes differ.
    """
    if region.shape != face.shape or alpha.shape != region.shape[:2]:
        raise ValueError(
            f"`region` {region.shape}, `face` {face.shape} and `alpha` {alpha.shape} must match."
        )
    change = cv2.subtract(face, region, dtype=cv2.CV_32F)
    change *= alpha if region.ndim == 2 else alpha[..., None]
    depth = cv2.CV_8U if region.dtype == np.uint8 else cv2.CV_16U
    return cv2.add(region, change, dtype=depth)  # rounded
