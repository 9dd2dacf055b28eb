"""Reading chips between their pixels: the one place where augmentation touches pixels.

Convention: points are complex, `x + iy`, in units of the chip's side around its centre, so pixel x
of `n` lies at `(x + 0.5) / n - 0.5`.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float, UInt8, UInt32

_SHIFTS = 8 * np.arange(3, dtype=np.uint32)  # of red, green and blue in a word


def pack(images_u8: UInt8[Array, "n h w 3"]) -> UInt32[Array, "n h w"]:
    """Each pixel as one word: a gather costs by the value, whatever it holds."""
    # XLA's byte order is the machine's: little on every platform that it runs on.
    padded = jnp.pad(images_u8, ((0, 0), (0, 0), (0, 0), (0, 1)))
    return lax.bitcast_convert_type(padded, jnp.uint32)


def bilinear(
    words: UInt32[Array, "n h w"], points: Complex[Array, "n p q"]
) -> Float[Array, "n p q 3"]:
    """Packed pictures at `points`, in [0, 1]; beyond the border the last pixel goes on."""
    n, height, width = words.shape
    # Not past the last pixel but one: the corner right below then always exists.
    x = jnp.clip(width * (points.real + 0.5) - 0.5, 0, width - 1)
    y = jnp.clip(height * (points.imag + 0.5) - 0.5, 0, height - 1)
    left = jnp.minimum(jnp.floor(x), width - 2)
    top = jnp.minimum(jnp.floor(y), height - 2)
    right_share, low_share = x - left, y - top
    index = (top * width + left).astype(jnp.int32).reshape(n, -1)
    corners = {
        0: (1 - low_share) * (1 - right_share),
        1: (1 - low_share) * right_share,
        width: low_share * (1 - right_share),
        width + 1: low_share * right_share,
    }
    pixels = words.reshape(n, -1)

    def read(offset: int) -> Float[Array, "n p q 3"]:
        seen = jnp.take_along_axis(pixels, index + offset, axis=1, mode="promise_in_bounds")
        # Over an axis of colours, not colour by colour: on CPU, XLA then works on many at once.
        return ((seen.reshape(*points.shape, 1) >> _SHIFTS) & 0xFF).astype(jnp.float32)

    total = sum(weight[..., None] * read(offset) for offset, weight in corners.items())
    # The four weights add up to 1 but for rounding.
    return jnp.minimum(total / 255, 1.0)
