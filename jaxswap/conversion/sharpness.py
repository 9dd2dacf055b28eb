"""Sharpness: the swapped face becomes as sharp, or as soft, as the face that it replaces."""

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap.types import Image

MAX_STRENGTH = 1.5
"""How many times its details are added to a face at most: beyond it the model's own grain shows."""

MIN_STRENGTH = -2.0
"""The same where details are taken away, as where the frame is blurred."""

MAX_CHANGE = 0.08
"""By how much a pixel changes at most, of the range [0, 1]: more is seen as a halo."""

_FINE, _COARSE = 0.5, 1.0  # sigmas in pixels of the view, between which the band of details lies
_EDGE = 5  # pixels along the mask's edge that don't count: there a face ends, which is no detail
_MIN_PIXELS = 64.0  # of mask; fewer tell nothing
_FLAT = 1e-12  # mean square of details; less are rounding errors
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. ITU-R BT.709
_DIAGONAL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6


def matched(
    face: Image,
    target: Float[np.ndarray, "target_h target_w 3"],
    mask: Float[np.ndarray, "mask_h mask_w 1"],
) -> Image:
    """A face with its details strengthened or weakened until they are as strong as the target's.

    Details are a band of the luma, the difference of two Gaussians; it is added to all three
    channels alike, so that no edge is coloured. See `strength` for how much.

    Args:
        face: over the view, in [0, 1].
        target: the view of the footage.
        mask: where both show a face, in [0, 1].

    Raises:
        ValueError: if the shapes differ.

    Reference: Marr & Hildreth 1980, https://doi.org/10.1098/rspb.1980.0020 (the band)
    """
    change = strength(face, target, mask) * _band(face @ _LUMA)
    return np.clip(face + np.clip(change, -MAX_CHANGE, MAX_CHANGE)[..., None], 0, 1)


def strength(
    face: Image,
    target: Float[np.ndarray, "target_h target_w 3"],
    mask: Float[np.ndarray, "mask_h mask_w 1"],
) -> float:
    """How many times a face's details must be added to it for the target's strength of details.

    With B the band of details and <> means over the inner mask, the s within bounds that solves
    <(B face + s B B face)^2> = <(B target)^2>, or comes closest. White noise, of which the median
    absolute second difference along both axes tells the strength, is taken off both sides. 0 where
    there is next to no mask. Arguments and errors are those of `matched`.

    Reference: Immerkaer 1996, https://doi.org/10.1006/cviu.1996.0060 (the noise)
    """
    if face.shape != target.shape or mask.shape[:2] != face.shape[:2]:
        raise ValueError(
            f"`face` {face.shape}, `target` {target.shape} and `mask` {mask.shape} must match."
        )
    kernel = np.ones((2 * _EDGE + 1,) * 2, np.uint8)
    inner = cv2.erode(mask[..., 0], kernel, borderValue=0)
    if inner.sum() < _MIN_PIXELS:
        return 0.0
    missing = _energy(target @ _LUMA, inner) - _energy(face @ _LUMA, inner)
    once = _band(face @ _LUMA)
    twice = _band(once)
    half, square = ((factor * twice * inner).sum() / inner.sum() for factor in (once, twice))
    if not square > _FLAT:
        return 0.0
    root = (np.sqrt(max(half**2 + square * missing, 0.0)) - half) / square
    return float(np.clip(root, MIN_STRENGTH, MAX_STRENGTH))


def _band(luma: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    fine, coarse = (
        cv2.GaussianBlur(luma, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        for sigma in (_FINE, _COARSE)
    )
    return fine - coarse


def _energy(luma: Float[np.ndarray, "h w"], inner: Float[np.ndarray, "h w"]) -> float:
    """Mean square of the band inside a mask, without the share of white noise."""
    mean = float((np.square(_band(luma)) * inner).sum() / inner.sum())
    second = np.abs(cv2.filter2D(luma, cv2.CV_32F, _DIAGONAL, borderType=cv2.BORDER_REFLECT))
    sigma = float(np.median(second[inner > 0.5])) / 0.6745 if (inner > 0.5).any() else 0.0
    return max(mean - _BAND_OF_NOISE * sigma**2, 0.0)


def _band_of_noise() -> float:
    """The band's energy of white noise of unit variance."""
    impulse = np.zeros((33, 33), np.float32)
    impulse[16, 16] = 1
    return float(np.square(_band(impulse)).sum())


_BAND_OF_NOISE = _band_of_noise()
