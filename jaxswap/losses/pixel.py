"""Losses of single values, elementwise: the caller reduces. Pictures are in [0, 1]."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def l1(pred: Float[Array, "*shape"], target: Float[Array, "*target"]) -> Float[Array, "*shape"]:
    """`|pred - target|`.

    Raises:
        ValueError: if the shapes differ, which would broadcast without a word.
    """
    if pred.shape != target.shape:
        raise ValueError(f"`pred` {pred.shape} and `target` {target.shape} must match.")
    return jnp.abs(pred - target)
