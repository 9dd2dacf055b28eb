"""Starting values as Keras drew them in 2017: glorot uniform kernels; linen's biases are 0."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

BLOCK = 2**16
"""Values that are drawn at once."""


def glorot_bound(shape: tuple[int, ...]) -> float:
    """Largest magnitude of a kernel's values: `sqrt(6 / (fan_in + fan_out))`.

    Args:
        shape: of a dense (in, out) or convolution kernel (h, w, in, out).

    Reference: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """
    *receptive, fan_in, fan_out = shape
    return math.sqrt(6 / (math.prod(receptive) * (fan_in + fan_out)))


def glorot_uniform(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> Float[Array, "*shape"]:
    """A kernel, uniform within `glorot_bound`; a `kernel_init` of linen's layers.

    The values are those of `nn.initializers.glorot_uniform()` in distribution. They are drawn block
    by block in a loop: for a generator of millions of values at once XLA:CPU compiles a second for
    each layer, four times as long, and takes as much memory again as the kernel.

    Args:
        key: of this kernel.
        shape: of a dense (in, out) or convolution kernel (h, w, in, out).
        dtype: of the values.
    """
    bound, size = glorot_bound(shape), math.prod(shape)
    blocks = -(-size // BLOCK)

    def draw(index: jax.Array) -> Float[Array, " block"]:
        own = jax.random.fold_in(key, index)
        return jax.random.uniform(own, (min(size, BLOCK),), dtype, minval=-bound, maxval=bound)

    values = lax.map(draw, jnp.arange(blocks))
    return values.reshape(-1)[:size].reshape(shape)
