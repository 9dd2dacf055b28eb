"""What the network sees of a chip: its central square, without any randomness.

Convention: a square of `n` pixels covers the chip's unit square, pixel centres at integers. The
centre of pixel x lies at `(x + 0.5) / n`. A view of `size` pixels covers the central `coverage` of
the side, so pixel x of the view shows the chip at

    x_chip = chip_size * (0.5 + coverage * ((x + 0.5) / size - 0.5)) - 0.5

and the same for y. `view_from_chip` is the inverse of that as a matrix, for whoever cuts the view
straight from a frame: `view_from_frame = compose(view_from_chip(...), chip_from_frame)`.
"""

import functools

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, UInt8

from jaxswap import types
from jaxswap.augmentation import prefilter


def view_from_chip(chip_size: int, size: int, coverage: float) -> types.Similarity:
    """Matrix 2x3 that takes pixels (x, y) of a chip to pixels of its view."""
    scale = size / (chip_size * coverage)
    shift = (0.5 * scale - 0.5) + size * (0.5 - 0.5 / coverage)
    return np.array([[scale, 0.0, shift], [0.0, scale, shift]])


@functools.cache
def _resampling(chip_size: int, size: int, coverage: float) -> np.ndarray:
    """Matrix `[size, chip_size]`: the filter and the bilinear reading of one line."""
    lowpass = prefilter.matrix(chip_size, prefilter.design(chip_size, size, coverage))
    thinned = len(lowpass)
    centers = thinned * (0.5 + coverage * ((np.arange(size) + 0.5) / size - 0.5)) - 0.5
    weights = np.maximum(
        0, 1 - np.abs(np.clip(centers, 0, thinned - 1)[:, None] - np.arange(thinned))
    )
    return (weights @ lowpass).astype(np.float32)


def view(
    images_u8: UInt8[Array, "n h w c"] | UInt8[np.ndarray, "n h w c"],
    *,
    size: int,
    coverage: float,
) -> Float[Array, "n size size c"]:
    """The central `coverage` of square chips at `size` pixels, float32 in [0, 1].

    Raises:
        ValueError: if the chips are not square.
    """
    height, width = images_u8.shape[1:3]
    if height != width:
        raise ValueError(f"Chips are square, but `images_u8` is {images_u8.shape}.")
    matrix = _resampling(width, size, coverage) / np.float32(255)
    images = jnp.asarray(images_u8).astype(jnp.float32)
    exact = functools.partial(jnp.einsum, precision=lax.Precision.HIGHEST)
    rows = exact("ph,nhwc->npwc", matrix, images)
    return exact("qw,npwc->npqc", matrix * np.float32(255), rows)
