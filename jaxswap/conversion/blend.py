"""A face and the region of the frame that it goes into become one picture."""

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap import images
from jaxswap.types import Image, ImageU8, Mask

_PAD = 4  # pixels around a region, so that the solver's boundary is never under the mask


def feather(
    region_u8: ImageU8,
    face: Float[np.ndarray, "face_h face_w 3"],
    alpha: Float[np.ndarray, "alpha_h alpha_w 1"],
) -> ImageU8:
    """Mix: alpha * face + (1 - alpha) * region. Where alpha is 0 the region stays to the bit.

    Args:
        region_u8: RGB, 0..255.
        face: RGB in [0, 1], of the same size.
        alpha: [0, 1].

    Raises:
        ValueError: if the sizes differ.
    """
    if not region_u8.shape[:2] == face.shape[:2] == alpha.shape[:2]:
        raise ValueError(
            f"`region_u8` {region_u8.shape}, `face` {face.shape} and `alpha` {alpha.shape} must "
            "match."
        )
    region = images.to_float(region_u8)
    return images.to_u8(region + alpha * (face - region))


def poisson(region_u8: ImageU8, face: Image, alpha: Mask) -> ImageU8:
    """The face's gradients with the region's colours at the edge of the mask, by OpenCV.

    OpenCV centres the mask's bounding box on the point that it is given, so a mask that changes
    from frame to frame makes the face jump. Two corner pixels stretch the box to the whole region
    here; OpenCV erodes the mask by three pixels before it solves, which takes them away again. The
    solution is faded in by alpha, so that no pixel without alpha changes.

    Note: `cv2.seamlessClone` is not repeatable with itself: equal calls give two results.

    Args:
        region_u8: RGB, 0..255.
        face: RGB in [0, 1], of the same size.
        alpha: [0, 1]; the mask is where it is above one half.

    Reference: Pérez et al. 2003, https://doi.org/10.1145/882262.882269
    """
    mask = np.where(alpha[..., 0] > 0.5, np.uint8(255), np.uint8(0))
    if not mask.any():
        return feather(region_u8, face, alpha)
    source = _padded(images.to_u8(face), cv2.BORDER_REPLICATE)
    target = _padded(region_u8, cv2.BORDER_REPLICATE)
    mask = _padded(mask, cv2.BORDER_CONSTANT)
    mask[1, 1] = mask[-2, -2] = 255  # OpenCV clears the outermost pixels of the mask itself
    height, width = mask.shape
    centre = (width // 2, height // 2)
    cloned_u8 = cv2.seamlessClone(source, target, mask, centre, cv2.NORMAL_CLONE)
    cloned = images.to_float(cloned_u8[_PAD:-_PAD, _PAD:-_PAD])
    return feather(region_u8, cloned, alpha)


def _padded(image_u8: np.ndarray, border: int) -> np.ndarray:
    return cv2.copyMakeBorder(image_u8, _PAD, _PAD, _PAD, _PAD, border)
