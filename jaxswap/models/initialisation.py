"""Starting values as Keras drew them in 2017: glorot uniform kernels, biases of 0.

All kernels of a module are cut from one draw: compiling a generator for each of twenty layers takes
longer on CPU than compiling the network.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp


def glorot_bound(shape: tuple[int, ...]) -> float:
    """Largest magnitude of a kernel's values: `sqrt(6 / (fan_in + fan_out))`.

    Args:
        shape: of a dense (in, out) or convolution kernel (h, w, in, out).

    Reference: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """
    *receptive, fan_in, fan_out = shape
    return math.sqrt(6 / (math.prod(receptive) * (fan_in + fan_out)))


def draw(key: jax.Array, shapes: Any) -> Any:
    """Parameters of one module: a tree like `shapes`, float32.

    Args:
        key: of this module.
        shapes: tree of arrays or shape structs, in dictionaries; leaves are named kernel or bias.

    Raises:
        ValueError: if a leaf has another name.
    """
    leaves, structure = jax.tree_util.tree_flatten_with_path(shapes)
    kernels = [leaf.shape for path, leaf in leaves if path[-1].key == "kernel"]
    values = jax.random.uniform(key, (sum(map(math.prod, kernels)),), minval=-1.0, maxval=1.0)
    filled, start = [], 0
    for path, leaf in leaves:
        if path[-1].key == "bias":
            filled.append(jnp.zeros(leaf.shape))
        elif path[-1].key == "kernel":
            size = math.prod(leaf.shape)
            part = jax.lax.slice_in_dim(values, start, start + size).reshape(leaf.shape)
            filled.append(glorot_bound(leaf.shape) * part)
            start += size
        else:
            raise ValueError(f"Expected parameters named kernel or bias, not {path[-1].key}.")
    return jax.tree.unflatten(structure, filled)
