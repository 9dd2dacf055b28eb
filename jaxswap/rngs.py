"""Named random streams: every key is a pure function of (seed, name, step), and none is carried."""

import zlib

import jax


def stream(root: jax.Array, name: str, step: int | jax.Array) -> jax.Array:
    """Key of the stream `name` at `step`, a pure function of (root, name, step).

    Reference: https://docs.jax.dev/en/latest/jep/263-prng.html
    """
    return jax.random.fold_in(jax.random.fold_in(root, zlib.crc32(name.encode())), step)
