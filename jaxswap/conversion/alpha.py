"""From a mask to alpha, the share of the swapped face in each pixel.

All of it happens in the view, the aligned square that the network sees, at `SIZE` pixels: there a
length means the same on every face, however large or turned it is in its frame.
"""

import functools

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap.vision import alignment

SIZE = 256
"""Side of the raster in which masks are shaped, in pixels."""

BORDER = 0.04
"""Width of the fade to 0 along the view's border, as a share of its side: where the view ends there
is no swapped face, and alpha must not end abruptly."""

OVAL_GROWTH = 0.018
"""How far beyond the landmarks' oval the product may reach, as a share of the face's height."""

_DOUBT = 0.25  # a learned mask below this is background, above 1 minus this it is face


def learned(mask: Float[np.ndarray, "m m 1"]) -> Float[np.ndarray, "s s 1"]:
    """A learned mask as a full mask of `SIZE` pixels.

    Its values are stretched, since a sigmoid reaches neither 0 nor 1 and a face of 90% would let
    the old one shine through.

    Args:
        mask: the model's, in [0, 1], over the view.
    """
    smooth = cv2.resize(mask[..., 0], (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    sure = np.clip((smooth - _DOUBT) / (1 - 2 * _DOUBT), 0, 1)
    return sure[..., None].astype(np.float32)


def product(
    learned_mask: Float[np.ndarray, "s s 1"], oval_u8: UInt8[np.ndarray, "s s"], *, coverage: float
) -> Float[np.ndarray, "s s 1"]:
    """A learned mask as far as it is near the oval of the landmarks.

    What the model paints beyond the face is background of its training footage.

    Args:
        learned_mask: in [0, 1] over the view, `SIZE` pixels.
        oval_u8: the landmarks' oval over the view, 0..255, `SIZE` pixels.
        coverage: share of the chip's side that the view covers.
    """
    near = cv2.dilate(oval_u8, _disc(_pixels(OVAL_GROWTH, coverage)))
    return learned_mask * (near / np.float32(255))[..., None]


def soft(
    mask: Float[np.ndarray, "s s 1"], *, coverage: float, erode: float, feather: float
) -> Float[np.ndarray, "s s 1"]:
    """Alpha of a mask: shrunk, its edge blurred, and 0 along the view's border.

    Args:
        mask: [0, 1] over the view, `SIZE` pixels.
        coverage: share of the chip's side that the view covers.
        erode: how far the mask is shrunk, as a share of the face's height.
        feather: standard deviation of the blur, as a share of the face's height; 0 keeps a hard
            edge.
    """
    mask_u8 = cv2.convertScaleAbs(mask[..., 0], alpha=255)  # shrinks in a third of float's time
    mask_u8 = cv2.erode(mask_u8, _disc(_pixels(erode, coverage)))
    alpha = mask_u8.astype(np.float32) / 255
    if feather > 0:
        sigma = feather * alignment.FACE_HEIGHT / coverage * SIZE
        alpha = cv2.GaussianBlur(alpha, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        alpha = alpha * _fade()
    else:
        alpha = alpha * (_fade() > 0)
    return alpha[..., None]


def _pixels(share: float, coverage: float) -> int:
    """Of a share of the face's height."""
    return round(share * alignment.FACE_HEIGHT / coverage * SIZE)


@functools.cache
def _disc(radius: int) -> UInt8[np.ndarray, "d d"]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


@functools.cache
def _fade() -> Float[np.ndarray, "s s"]:
    """0 in the outermost pixels, 1 from `BORDER` inwards, smooth in between."""
    at = np.arange(SIZE)
    depth = np.minimum(at, SIZE - 1 - at) / (BORDER * SIZE)
    line = np.clip(depth, 0, 1)
    line = line * line * (3 - 2 * line)
    return np.minimum.outer(line, line).astype(np.float32)
