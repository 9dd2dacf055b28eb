import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.models import initialisers


def test_bounds_are_those_of_glorot():
    assert initialisers.glorot_bound((16384, 1024)) == math.sqrt(6 / (16384 + 1024))
    assert initialisers.glorot_bound((5, 5, 3, 128)) == math.sqrt(6 / (25 * (3 + 128)))


# Less than a block, one block and a half, and whole blocks.
@pytest.mark.parametrize("shape", [(5, 5, 8, 16), (3, 1024, 32), (256, 1024)])
def test_kernels_are_distributed_as_jax_draws_them(shape):
    draw = jax.jit(lambda key: initialisers.glorot_uniform(key, shape, jnp.float32))
    kernel, other = draw(jax.random.key(0)), draw(jax.random.key(1))
    theirs = jax.nn.initializers.glorot_uniform()(jax.random.key(1), shape)
    assert (kernel.shape, kernel.dtype) == (shape, jnp.float32)
    np.testing.assert_allclose(jnp.std(kernel), jnp.std(theirs), rtol=0.05)
    np.testing.assert_allclose(jnp.abs(kernel).max(), jnp.abs(theirs).max(), rtol=0.01)
    assert abs(float(kernel.mean())) < 0.05 * float(kernel.max())
    assert abs(np.corrcoef(kernel.ravel(), other.ravel())[0, 1]) < 0.1


def test_no_block_is_drawn_twice():
    shape = (2 * initialisers.BLOCK, 2)
    kernel = initialisers.glorot_uniform(jax.random.key(0), shape, jnp.float32)
    blocks = np.asarray(kernel).reshape(-1, initialisers.BLOCK)
    assert len(blocks) == 4
    assert np.abs(np.corrcoef(blocks) - np.eye(4)).max() < 0.05
