"""A face and the region of the frame that it goes into become one picture."""

import cv2
import numpy as np
from jaxtyping import Float, Shaped, UInt
from scipy import fft

from jaxswap.types import Image


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


def poisson(
    region: Image,
    face: Float[np.ndarray, "face_h face_w 3"],
    alpha: Float[np.ndarray, "alpha_h alpha_w"],
) -> Image:
    """The face in the region's colours: its gradients inside the mask, the region's outside.

    What is solved for is the change of the region, whose gradients are those of face - region
    inside the mask and 0 elsewhere, and which is 0 around the region. On a rectangle the sine
    transform solves that at once, so the result is the same every time; `cv2.seamlessClone` states
    the same problem, but equal calls of it give two results.

    Args:
        region: RGB in [0, 1].
        face: the same, of the same size.
        alpha: [0, 1]; the mask is where it is above one half.

    Raises:
        ValueError: if the sizes differ.

    Reference: Pérez et al. 2003, https://doi.org/10.1145/882262.882269
    """
    if region.shape != face.shape or alpha.shape != region.shape[:2]:
        raise ValueError(
            f"`region` {region.shape}, `face` {face.shape} and `alpha` {alpha.shape} must match."
        )
    mask = alpha > 0.5
    height, width = mask.shape
    sizes = [fft.next_fast_len(side + 1, real=True) - 1 for side in mask.shape]
    waves = [
        2 * np.cos(np.pi * np.arange(1, size + 1, dtype=np.float32) / (size + 1)) - 2
        for size in sizes
    ]
    laplacian = waves[0][:, None] + waves[1]
    changes = []
    for channel in cv2.split(face - region):
        divergence = np.zeros(sizes, np.float32)
        divergence[:height, :width] = _divergence(channel, mask)
        coefficients = fft.dstn(divergence, type=1, overwrite_x=True)
        coefficients /= laplacian
        changes.append(fft.idstn(coefficients, type=1, overwrite_x=True)[:height, :width])
    return np.clip(region + cv2.merge(changes), 0, 1)


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
