"""Named random streams: every key is a pure function of (seed, name, step), and none is carried."""

import zlib

import jax


def stream(root: jax.Array, name: str, step: int | jax.Array) -> jax.Array:
    """Key of the stream `name` at `step`, a pure function of (root, name, step).

    Reference: https://docs.jax.dev/en/latest/jep/263-prng.html
    """
    return jax.random.fold_in(jax.random.fold_in(root, zlib.crc32(name.encode())), step)


def per_element(key: jax.Array, indices: jax.Array) -> jax.Array:
    """One key for each position in the global batch, whatever device holds it: `[n]` keys."""
    return jax.vmap(lambda index: jax.random.fold_in(key, index))(indices)
