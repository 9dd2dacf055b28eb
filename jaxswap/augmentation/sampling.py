"""Reading chips between their pixels: the one place where augmentation touches pixels.

Convention: points are complex, `x + iy`, in units of the chip's side around its centre, so pixel x
of `n` lies at `(x + 0.5) / n - 0.5`.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Complex, Float, UInt8, UInt32

WORD = 4  # bytes that one gathered value carries


def thin(images_u8: UInt8[Array, "n h w c"], *, factor: int) -> UInt8[Array, "n th tw c"]:
    """Means of squares of `factor` pixels, rounded: the filter against aliasing.

    Args:
        images_u8: any pictures, their sides multiples of `factor`.
        factor: as `jaxswap.augmentation.view.thinning` gives it; 1 changes nothing.
    """
    if factor == 1:
        return images_u8
    n, h, w, c = images_u8.shape
    squares = images_u8.reshape(n, h // factor, factor, w // factor, factor, c)
    sums = jnp.sum(squares, axis=(2, 4), dtype=jnp.uint32)
    return ((sums + factor**2 // 2) // factor**2).astype(jnp.uint8)


def _packed(images_u8: UInt8[Array, "n h w c"]) -> list[UInt32[Array, "n pixels"]]:
    """Four channels to a word each: a gather costs by the value, whatever it holds."""
    n, h, w, c = images_u8.shape
    padded = jnp.pad(images_u8, ((0, 0), (0, 0), (0, 0), (0, -c % WORD)))
    words = lax.bitcast_convert_type(padded.reshape(n, h * w, -1, WORD), jnp.uint32)
    return [words[..., word] for word in range(words.shape[-1])]


def bilinear(
    images_u8: UInt8[Array, "n h w c"], points: Complex[Array, "n p q"]
) -> Float[Array, "n p q c"]:
    """Pictures at `points`, in [0, 1]; beyond the border the last pixel goes on.

    All channels share one gather, which reads the four pixels around each point.
    """
    n, height, width, channels = images_u8.shape
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
    planes = []
    for number, words in enumerate(_packed(images_u8)):
        seen = {
            offset: jnp.take_along_axis(
                words, index + offset, axis=1, mode="promise_in_bounds"
            ).reshape(points.shape)
            for offset in corners
        }
        for byte in range(min(WORD, channels - WORD * number)):
            # XLA's byte order is the machine's: little on every platform that it runs on.
            planes.append(
                sum(
                    weight * ((seen[offset] >> (8 * byte)) & 0xFF).astype(jnp.float32)
                    for offset, weight in corners.items()
                )
            )
    # The four weights add up to 1 but for rounding.
    return jnp.minimum(jnp.stack(planes, axis=-1) / 255, 1.0)
