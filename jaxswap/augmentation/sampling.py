"""Reading chips between their pixels: the one place where augmentation touches pixels.

Convention: points are complex, `x + iy`, in units of the chip's side around its centre, so pixel x
of `n` lies at `(x + 0.5) / n - 0.5`.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float, UInt8, UInt32

_SHIFTS = 8 * np.arange(3, dtype=np.uint32)  # of red, green and blue in a word

# For indices [n, p, q, 1] into pixels [n, h * w]: two pixels side by side, [n, p, q, 2].
_NEIGHBOURS = lax.GatherDimensionNumbers(
    offset_dims=(3,),
    collapsed_slice_dims=(),
    start_index_map=(1,),
    operand_batching_dims=(0,),
    start_indices_batching_dims=(0,),
)
_IN_BOUNDS = lax.GatherScatterMode.PROMISE_IN_BOUNDS


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
    index = (top * width + left).astype(jnp.int32)
    rows = {0: 1 - low_share, width: low_share}
    columns = (1 - right_share, right_share)
    pixels = words.reshape(n, -1)

    total = jnp.zeros((), jnp.float32)
    for offset, row_weight in rows.items():
        seen = lax.gather(pixels, (index + offset)[..., None], _NEIGHBOURS, (1, 2), mode=_IN_BOUNDS)
        for column, column_weight in enumerate(columns):
            # Over an axis of colours, not colour by colour: on CPU, XLA then works on many at once.
            colors = ((seen[..., column, None] >> _SHIFTS) & 0xFF).astype(jnp.float32)
            total = total + (row_weight * column_weight)[..., None] * colors
    # The four weights add up to 1 but for rounding.
    return jnp.minimum(total / 255, 1.0)
