"""What a step changes and a checkpoint holds."""

from collections.abc import Sequence
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp

from jaxswap import config, rngs
from jaxswap.models import building, topologies
from jaxswap.training import optimizers


class TrainState(flax.struct.PyTreeNode):
    """The state after `step` updates.

    The leaves are arrays; JAX and Orbax also build states of shapes, shardings and None, so the
    types of the leaves are not checked.

    Attributes:
        step: updates applied, int32.
        diverged_at: the first step whose loss or gradient was not finite, or -1; int32.
        params: parameters, float32.
        opt_state: the optimizer's state.
        ema: running average of `params`, or None if none is kept.
    """

    step: Any
    diverged_at: Any
    params: topologies.Params
    opt_state: Any
    ema: Any  # `jax.jit` puts a mark of its own where shardings have None


def shapes(configuration: config.Config, *, identities: Sequence[str]) -> TrainState:
    """Of the arrays of `create`, without computing any: `jax.ShapeDtypeStruct`s."""
    return jax.eval_shape(lambda: create(configuration, identities=identities))


def create(configuration: config.Config, *, identities: Sequence[str]) -> TrainState:
    """The state before the first update: a function of the configuration and the names alone."""
    key = rngs.stream(jax.random.key(configuration.seed), "init", 0)
    params = building.build(configuration.model).init(key, identities=identities)
    optimizer = optimizers.make_optimizer(configuration.optimizer)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        diverged_at=jnp.full((), -1, jnp.int32),
        params=params,
        opt_state=optimizer.init(params),
        ema=jax.tree.map(jnp.copy, params) if configuration.optimizer.ema else None,
    )
