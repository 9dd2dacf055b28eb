"""A face and the region of the frame that it goes into become one picture."""

import cv2
import numpy as np
from jaxtyping import Float, Shaped, UInt8
from scipy import fft

from jaxswap.types import ImageU8


def mix(
    region_u8: UInt8[np.ndarray, "*shape"],
    face_u8: UInt8[np.ndarray, "*face_shape"],
    alpha: Float[np.ndarray, "alpha_h alpha_w"],
) -> UInt8[np.ndarray, "*shape"]:
    """The mix, alpha * face + (1 - alpha) * region. Where alpha is 0 the region stays to the bit.

    Args:
        region_u8: RGB, or one plane; 0..255.
        face_u8: the same, of the same size.
        alpha: [0, 1], float32.

    Raises:
        ValueError: if the sizes differ.
    """
    if region_u8.shape != face_u8.shape or alpha.shape != region_u8.shape[:2]:
        raise ValueError(
            f"`region_u8` {region_u8.shape}, `face_u8` {face_u8.shape} and `alpha` {alpha.shape} "
            "must match."
        )
    change = cv2.subtract(face_u8, region_u8, dtype=cv2.CV_32F)
    change *= alpha if region_u8.ndim == 2 else alpha[..., None]
    return cv2.add(region_u8, change, dtype=cv2.CV_8U)  # rounded


def poisson(
    region_u8: ImageU8,
    face_u8: UInt8[np.ndarray, "face_h face_w 3"],
    alpha: Float[np.ndarray, "alpha_h alpha_w"],
) -> ImageU8:
    """The face in the region's colours: its gradients inside the mask, the region's outside.

    What is solved for is the change of the region, whose gradients are those of face - region
    inside the mask and 0 elsewhere, and which is 0 around the region. On a rectangle the sine
    transform solves that at once, so the result is the same every time; `cv2.seamlessClone` states
    the same problem, but equal calls of it give two results.

    Args:
        region_u8: RGB, 0..255.
        face_u8: the same, of the same size.
        alpha: [0, 1]; the mask is where it is above one half.

    Raises:
        ValueError: if the sizes differ.

    Reference: Pérez et al. 2003, https://doi.org/10.1145/882262.882269
    """
    if region_u8.shape != face_u8.shape or alpha.shape != region_u8.shape[:2]:
        raise ValueError(
            f"`region_u8` {region_u8.shape}, `face_u8` {face_u8.shape} and `alpha` {alpha.shape} "
            "must match."
        )
    mask = alpha > 0.5
    height, width = mask.shape
    sizes = [fft.next_fast_len(side + 1, real=True) - 1 for side in mask.shape]
    waves = [
        2 * np.cos(np.pi * np.arange(1, size + 1, dtype=np.float32) / (size + 1)) - 2
        for size in sizes
    ]
    laplacian = waves[0][:, None] + waves[1]
    difference = cv2.subtract(face_u8, region_u8, dtype=cv2.CV_32F)
    changes = []
    for channel in cv2.split(difference):
        divergence = np.zeros(sizes, np.float32)
        divergence[:height, :width] = _divergence(channel, mask)
        coefficients = fft.dstn(divergence, type=1, overwrite_x=True)
        coefficients /= laplacian
        changes.append(fft.idstn(coefficients, type=1, overwrite_x=True)[:height, :width])
    return cv2.add(region_u8, cv2.merge(changes), dtype=cv2.CV_8U)


def _divergence(
    channel: Float[np.ndarray, "h w"], mask: Shaped[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w"]:
    """Of the gradients between neighbours that are both in the mask."""
    across = np.diff(channel, axis=1) * (mask[:, 1:] & mask[:, :-1])
    down = np.diff(channel, axis=0) * (mask[1:] & mask[:-1])
    divergence = np.zeros_like(channel)
    divergence[:, :-1] += across
    divergence[:, 1:] -= across
    divergence[:-1] += down
    divergence[1:] -= down
    return divergence
