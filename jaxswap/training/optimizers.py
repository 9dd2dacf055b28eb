"""The optimizer of a configuration."""

from typing import assert_never

import optax

from jaxswap import config


def make_optimizer(optimizer: config.Optimizer) -> optax.GradientTransformation:
    """The optimizer of optax that a configuration describes."""
    match optimizer:
        case config.Adam():
            return _adam(optimizer)
        case _:
            assert_never(optimizer)


def _adam(optimizer: config.Adam) -> optax.GradientTransformation:
    """Adam with a linear warm-up.

    Reference: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980
    """
    rate: float | optax.Schedule = optimizer.learning_rate
    if optimizer.warmup_steps:
        # From one step's share, not from 0: the first update must change something.
        rate = optax.linear_schedule(
            optimizer.learning_rate / optimizer.warmup_steps,
            optimizer.learning_rate,
            optimizer.warmup_steps,
        )
    return optax.adam(rate, b1=optimizer.b1, b2=optimizer.b2, eps=optimizer.eps)
