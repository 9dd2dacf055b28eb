"""Losses of single values, elementwise: the caller reduces. Pictures are in [0, 1]."""

import jax.numpy as jnp
from jaxtyping import Array, Float

SMALLEST = 1e-6  # probability whose logarithm is taken for that of 0


def l1(pred: Float[Array, "*shape"], target: Float[Array, "*target"]) -> Float[Array, "*shape"]:
    """`|pred - target|`.

    Raises:
        ValueError: if the shapes differ, which would broadcast without a word.
    """
    _require_equal_shapes(pred, target)
    return jnp.abs(pred - target)


def cross_entropy(
    pred: Float[Array, "*shape"], target: Float[Array, "*target"]
) -> Float[Array, "*shape"]:
    """`-(target log(pred) + (1 - target) log(1 - pred))`, in nats, of probabilities in [0, 1].

    Raises:
        ValueError: if the shapes differ.

    Reference: Good 1952, https://doi.org/10.1111/j.2517-6161.1952.tb00104.x
    """
    _require_equal_shapes(pred, target)
    yes, no = jnp.maximum(pred, SMALLEST), jnp.maximum(1 - pred, SMALLEST)
    return -(target * jnp.log(yes) + (1 - target) * jnp.log(no))


def _require_equal_shapes(pred: Array, target: Array) -> None:
    if pred.shape != target.shape:
        raise ValueError(f"`pred` {pred.shape} and `target` {target.shape} must match.")
