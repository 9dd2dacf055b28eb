"""Starting values as Keras drew them in 2017: glorot uniform kernels; linen's biases are 0.

A layer's initialiser says how its kernel is drawn, and `drawn` draws the kernels of all layers in
one loop. If each layer drew its own, XLA would compile a generator for each: that takes several
times as long as all the rest of a model's first state.
"""

import dataclasses
import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from jaxswap import rngs

BLOCK = 2**14
"""Values that are drawn at once."""


@jax.tree_util.register_static
@dataclasses.dataclass(frozen=True)
class Uniform(nn.meta.AxisMetadata[jax.Array]):
    """A kernel that is still to be drawn, uniform between -`bound` and `bound`; float32.

    linen takes it for a box around zeros, which a layer sees while its shapes are found.
    """

    shape: tuple[int, ...]
    bound: float

    def unbox(self) -> jax.Array:
        """Zeros in the kernel's shape."""
        return jnp.zeros(self.shape)

    def replace_boxed(self, val: Any) -> Any:
        """The value itself: what is known needs no box."""
        return val

    def add_axis(self, index: int, params: dict[Any, Any]) -> "Uniform":
        """Refuse: no part of a model maps or scans its layers.

        Raises:
            ValueError: always.
        """
        raise ValueError("A kernel that is still to be drawn has no axes: draw it first.")

    def remove_axis(self, index: int, params: dict[Any, Any]) -> "Uniform":
        """Refuse, like `add_axis`.

        Raises:
            ValueError: always.
        """
        return self.add_axis(index, params)


def glorot_bound(shape: tuple[int, ...]) -> float:
    """Largest magnitude of a kernel's values: `sqrt(6 / (fan_in + fan_out))`.

    Args:
        shape: of a dense (in, out) or convolution kernel (h, w, in, out).

    Reference: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """
    *receptive, fan_in, fan_out = shape
    return math.sqrt(6 / (math.prod(receptive) * (fan_in + fan_out)))


def glorot_uniform(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> Uniform:
    """A kernel, uniform within `glorot_bound`; a `kernel_init` of linen's layers.

    Args:
        key: unused: `drawn` takes the key from the kernel's place in the parameters.
        shape: of a dense (in, out) or convolution kernel (h, w, in, out).
        dtype: unused: parameters are float32.
    """
    return Uniform(shape=tuple(shape), bound=glorot_bound(shape))


def drawn(key: jax.Array, params: dict[str, Any]) -> dict[str, Any]:
    """The same parameters, each `Uniform` among them drawn.

    The values of a kernel depend on the key, its shape, its bound and its place alone.

    Args:
        key: of all kernels.
        params: nested dictionaries of arrays and `Uniform`s.
    """
    leaves, structure = jax.tree.flatten_with_path(params, is_leaf=_is_uniform)
    found = [(path, leaf) for path, leaf in leaves if _is_uniform(leaf)]
    keys = rngs.streams(key, [repr([entry.key for entry in path]) for path, _ in found], 0)
    counts = [-(-math.prod(leaf.shape) // BLOCK) for _, leaf in found]
    bounds = jnp.asarray([leaf.bound for _, leaf in found], jnp.float32)

    def draw(block: tuple[jax.Array, jax.Array]) -> Float[Array, " block"]:
        kernel, number = block
        own, bound = jax.random.fold_in(keys[kernel], number), bounds[kernel]
        return jax.random.uniform(own, (BLOCK,), minval=-bound, maxval=bound)

    kernels = np.repeat(np.arange(len(found)), counts)
    numbers = np.concatenate([np.arange(count) for count in counts])
    values = lax.map(draw, (kernels, numbers))
    starts = iter(np.cumsum([0, *counts]))

    def cut(leaf: Uniform) -> Float[Array, "*shape"]:
        start, size = next(starts), math.prod(leaf.shape)
        blocks = values[start : start - (-size // BLOCK)]
        return blocks.reshape(-1)[:size].reshape(leaf.shape)

    complete = [cut(leaf) if _is_uniform(leaf) else leaf for _, leaf in leaves]
    return jax.tree.unflatten(structure, complete)


def _is_uniform(leaf: Any) -> bool:
    return isinstance(leaf, Uniform)
