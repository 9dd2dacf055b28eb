"""Named random streams: every key is a pure function of (seed, name, step), and none is carried."""

import zlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp


def stream(root: jax.Array, name: str, step: int | jax.Array) -> jax.Array:
    """Key of the stream `name` at `step`, a pure function of (root, name, step).

    Reference: https://docs.jax.dev/en/latest/jep/263-prng.html
    """
    return jax.random.fold_in(jax.random.fold_in(root, _number(name)), step)


def streams(root: jax.Array, names: Sequence[str], step: int | jax.Array) -> jax.Array:
    """Keys `[len(names)]` of many streams at once: those that `stream` gives for each name."""

    def key(number: jax.Array) -> jax.Array:
        return jax.random.fold_in(jax.random.fold_in(root, number), step)

    return jax.vmap(key)(jnp.asarray([_number(name) for name in names], jnp.uint32))


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
