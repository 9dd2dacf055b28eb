"""What a step changes and a checkpoint holds."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp

from jaxswap import config, rngs
from jaxswap.models import autoencoder
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
    params: autoencoder.Params
    opt_state: Any
    ema: autoencoder.Params | None


def shapes(configuration: config.Config, *, num_identities: int) -> TrainState:
    """Of the arrays of `create`, without computing any: `jax.ShapeDtypeStruct`s."""
    return jax.eval_shape(lambda: create(configuration, num_identities=num_identities))


def create(configuration: config.Config, *, num_identities: int) -> TrainState:
    """The state before the first update: a function of the configuration alone."""
    key = rngs.stream(jax.random.key(configuration.seed), "init", 0)
    params = autoencoder.init(key, configuration.model, num_identities=num_identities)
    optimizer = optimizers.make_optimizer(configuration.optimizer)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        diverged_at=jnp.full((), -1, jnp.int32),
        params=params,
        opt_state=optimizer.init(params),
        ema=jax.tree.map(jnp.copy, params) if configuration.optimizer.ema else None,
    )
