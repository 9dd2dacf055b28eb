import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap import rngs
from jaxswap.models import initialisers

KEY = jax.random.key(0)


def uniform(shape):
    return initialisers.glorot_uniform(KEY, shape, jnp.float32)


@jax.jit
def drawn(key, params):
    return initialisers.drawn(key, params)


def test_bounds_are_those_of_glorot():
    assert initialisers.glorot_bound((16384, 1024)) == math.sqrt(6 / (16384 + 1024))
    assert initialisers.glorot_bound((5, 5, 3, 128)) == math.sqrt(6 / (25 * (3 + 128)))


# Less than a block, blocks and a part, and whole blocks.
@pytest.mark.parametrize("shape", [(5, 5, 8, 16), (3, 1024, 32), (256, 1024)])
def test_kernels_are_distributed_as_jax_draws_them(shape):
    kernel, other = (drawn(jax.random.key(n), {"x": uniform(shape)})["x"] for n in (0, 1))
    theirs = jax.nn.initializers.glorot_uniform()(jax.random.key(1), shape)
    assert (kernel.shape, kernel.dtype) == (shape, jnp.float32)
    np.testing.assert_allclose(jnp.std(kernel), jnp.std(theirs), rtol=0.05)
    np.testing.assert_allclose(jnp.abs(kernel).max(), jnp.abs(theirs).max(), rtol=0.01)
    assert abs(float(kernel.mean())) < 0.05 * float(kernel.max())
    assert abs(np.corrcoef(kernel.ravel(), other.ravel())[0, 1]) < 0.1


def test_no_block_is_drawn_twice():
    kernel = drawn(KEY, {"x": uniform((2 * initialisers.BLOCK, 2))})["x"]
    blocks = np.asarray(kernel).reshape(-1, initialisers.BLOCK)
    assert len(blocks) == 4
    assert np.abs(np.corrcoef(blocks) - np.eye(4)).max() < 0.05


def test_a_kernel_depends_on_its_place_and_on_no_other_kernel():
    shape = (5, 5, 8, 16)
    alone = drawn(KEY, {"b": {"kernel": uniform(shape)}})
    among = drawn(
        KEY, {"a": {"kernel": uniform((300, 70))}, "b": {"kernel": uniform(shape), "bias": KEY}}
    )
    elsewhere = drawn(KEY, {"c": {"kernel": uniform(shape)}})
    np.testing.assert_array_equal(among["b"]["kernel"], alone["b"]["kernel"])
    assert among["b"]["bias"] == KEY
    assert (np.asarray(elsewhere["c"]["kernel"]) != np.asarray(alone["b"]["kernel"])).mean() > 0.99


def test_a_layer_says_how_its_kernel_is_drawn():
    layer = nn.Conv(16, (5, 5), kernel_init=initialisers.glorot_uniform)
    params = layer.init(KEY, jnp.zeros((1, 8, 8, 3)))["params"]
    bound = initialisers.glorot_bound((5, 5, 3, 16))
    assert params["kernel"] == initialisers.Uniform(shape=(5, 5, 3, 16), bound=bound)
    np.testing.assert_array_equal(params["bias"], jnp.zeros(16))


def test_a_kernel_that_is_not_drawn_cannot_be_mapped():
    for change in (uniform((2, 3)).add_axis, uniform((2, 3)).remove_axis):
        with pytest.raises(ValueError, match="draw it first"):
            change(0, {})


def test_streams_are_those_of_their_names():
    names = ("encoder", "decoders", "")
    keys = rngs.streams(KEY, names, 3)
    for key, name in zip(keys, names, strict=True):
        assert key == rngs.stream(KEY, name, 3)
