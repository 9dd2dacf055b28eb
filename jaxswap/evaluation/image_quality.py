"""How near pictures are to what they should be. Pictures are in [0, 1]; one figure a picture.

With a mask each pixel counts by its weight, else all count alike; channels count alike.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxswap.losses import structural

MAX_PSNR_DB = 100.0  # of equal pictures, whose error is zero: JSON knows no infinity

Images = Float[np.ndarray, "n h w c"]
Targets = Float[np.ndarray, "*target"]  # as the pictures: the functions themselves compare shapes
Masks = Float[np.ndarray, "n h w 1"]
Figures = Float[np.ndarray, " n"]


def l1(pred: Images, target: Targets, *, mask: Masks | None = None) -> Figures:
    """Mean absolute error, in [0, 1], 0 = the same.

    Raises:
        ValueError: if the shapes differ or a mask is empty.
    """
    _require_equal_shapes(pred, target)
    return _mean(np.abs(pred - target), mask)


def psnr(pred: Images, target: Targets, *, mask: Masks | None = None) -> Figures:
    """Peak signal-to-noise ratio `-10 log10(mean squared error)` in dB, higher is better.

    Equal pictures get 100 dB, the most that is given.

    Raises:
        ValueError: if the shapes differ or a mask is empty.
    """
    _require_equal_shapes(pred, target)
    return decibels(_mean((pred - target) ** 2, mask))


def decibels(error: Float[np.ndarray, "..."] | float) -> Any:
    """PSNR in dB of mean squared errors of pictures in [0, 1], 100 at most."""
    return -10.0 * np.log10(np.maximum(error, 10.0 ** (-MAX_PSNR_DB / 10)))


def ssim(pred: Images, target: Targets, *, mask: Masks | None = None) -> Figures:
    """Mean structural similarity, in [-1, 1], 1 = the same.

    A Gaussian window of sigma 1.5 px sees 11x11 pixels, so 11 px is the smallest useful side.

    Raises:
        ValueError: if the shapes differ or a mask is empty.

    Reference: Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861
    """
    _require_equal_shapes(pred, target)
    similarity = np.asarray(structural.ssim(jnp.asarray(pred), jnp.asarray(target)))
    return _mean(similarity, mask)


def _require_equal_shapes(pred: np.ndarray, target: np.ndarray) -> None:
    if pred.shape != target.shape:
        raise ValueError(f"`pred` {pred.shape} and `target` {target.shape} must match.")


def _mean(values: Images, mask: Masks | None) -> Figures:
    """Mean of each picture, in float64: a sum of many small float32 errors would drift."""
    values = values.astype(np.float64)
    if mask is None:
        return values.mean(axis=(1, 2, 3))
    if mask.shape[:3] != values.shape[:3]:
        raise ValueError(f"`mask` {mask.shape} must match the pictures {values.shape}.")
    weight = mask.sum(axis=(1, 2, 3), dtype=np.float64) * values.shape[3]
    if not np.all(weight > 0):
        raise ValueError(f"Mask {int(np.argmin(weight))} is empty: there is nothing to measure.")
    return (values * mask).sum(axis=(1, 2, 3)) / weight
