"""The filter before chips are read: without it, chips denser than the view would alias.

Reading bilinearly takes in two pixels along each axis. Where a pixel of the view covers more of
the chip than that, what lies finer than the view's pixels would come back as coarse patterns. So
the chip is averaged first with a tent as wide as two pixels of the view, and thinned as far as that
leaves enough pixels: the resampling that Pillow and `jax.image.resize(..., "linear")` do, up to the
last step, which is the reading itself.

Weights are whole 256ths and sums whole numbers: the result is the same to the bit on every device
and in every size of batch.
"""

import functools
import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, UInt32

ENOUGH = 1.2
"""Pixels along a side of a chip to one of the view: reading between fewer costs sharpness, so
thinning leaves as many; up to as many, the reading itself is filter enough."""

ONE = 256  # what the weights add up to
_EVEN = np.uint32(0x00FF00FF)  # two of a word's four bytes, with room for a product above each
_HALVES = np.uint32(0x00800080)


class Prefilter(NamedTuple):
    """`thinned[i] = sum_t weights[t] chip[stride * i + t - margin] / 256` along both axes.

    The margin is half of what the weights are more than the stride, so that the middle of a thinned
    pixel is the middle of the `stride` pixels that it stands for.
    """

    stride: int
    weights: tuple[int, ...]

    @property
    def margin(self) -> int:
        """Pixels beyond the thinned one's own, on either side."""
        return (len(self.weights) - self.stride) // 2

    @property
    def is_needed(self) -> bool:
        """Whether it changes anything."""
        return len(self.weights) > 1


@functools.cache
def design(chip_size: int, size: int, coverage: float) -> Prefilter:
    """The filter for chips of `chip_size` pixels, of which a view of `size` shows `coverage`."""
    ratio = chip_size * coverage / size
    if ratio <= ENOUGH:
        return Prefilter(1, (ONE,))
    stride = max(1, math.floor(ratio / ENOUGH))
    while chip_size % stride:
        stride -= 1
    reach = math.ceil(ratio) + 1
    # An even number of pixels has its middle between two of them.
    distances = np.abs(np.arange(-reach, reach + 1) + (stride + 1) % 2 / 2)
    tent = 1 - distances[distances < ratio] / ratio
    weights = np.rint(ONE * tent / tent.sum()).astype(int)
    middle = sorted({(len(weights) - 1) // 2, len(weights) // 2})
    weights[middle] += (ONE - weights.sum()) // len(middle)
    return Prefilter(stride, tuple(int(weight) for weight in weights))


@functools.cache
def matrix(chip_size: int, prefilter: Prefilter) -> Float[np.ndarray, "thinned chip_size"]:
    """The filter of one line; beyond the border the last pixel goes on."""
    rows = np.zeros((chip_size // prefilter.stride, chip_size), np.float64)
    for row in range(len(rows)):
        for tap, weight in enumerate(prefilter.weights):
            place = prefilter.stride * row + tap - prefilter.margin
            rows[row, min(max(place, 0), chip_size - 1)] += weight / ONE
    return rows


def apply(words: UInt32[Array, "s n h w"], prefilter: Prefilter) -> UInt32[Array, "s n th tw"]:
    """Filter and thin sets of packed pictures, each byte by itself; rounded after each axis."""
    if not prefilter.is_needed:
        return words
    # In a loop, so that the result is stored: XLA would filter anew for each pixel that is read.
    return lax.map(
        lambda pictures: _along(_along(pictures, prefilter, axis=1), prefilter, axis=2), words
    )


def _along(words: Array, prefilter: Prefilter, *, axis: int) -> Array:
    stride, weights = prefilter
    pad = [(0, 0)] * words.ndim
    pad[axis] = (prefilter.margin, prefilter.margin)
    length = words.shape[axis]
    padded = jnp.pad(words, pad, mode="edge")
    # A sum stays below 2^16: two bytes of a word are summed in one go, with a byte's room between.
    even, odd = jnp.broadcast_to(_HALVES, ()), jnp.broadcast_to(_HALVES, ())
    for tap, weight in enumerate(weights):
        read = lax.slice_in_dim(padded, tap, tap + length - stride + 1, stride, axis)
        even = even + (read & _EVEN) * np.uint32(weight)
        odd = odd + ((read >> 8) & _EVEN) * np.uint32(weight)
    return ((even >> 8) & _EVEN) | (odd & ~_EVEN)
