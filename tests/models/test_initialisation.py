import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.models import initialisation


def test_bounds_are_those_of_glorot():
    assert initialisation.glorot_bound((16384, 1024)) == math.sqrt(6 / (16384 + 1024))
    assert initialisation.glorot_bound((5, 5, 3, 128)) == math.sqrt(6 / (25 * (3 + 128)))


def test_kernels_are_uniform_and_biases_zero():
    shapes = {
        "Conv_0": {"kernel": jax.ShapeDtypeStruct((5, 5, 8, 16), jnp.float32)},
        "Dense_0": {
            "kernel": jax.ShapeDtypeStruct((64, 128), jnp.float32),
            "bias": jax.ShapeDtypeStruct((128,), jnp.float32),
        },
    }
    params = initialisation.draw(jax.random.key(0), shapes)
    assert jax.tree.map(lambda p: (p.shape, p.dtype), params) == jax.tree.map(
        lambda s: (s.shape, s.dtype), shapes
    )
    np.testing.assert_array_equal(params["Dense_0"]["bias"], 0)
    theirs = jax.nn.initializers.glorot_uniform()
    for name in shapes:
        kernel = params[name]["kernel"]
        same = theirs(jax.random.key(1), kernel.shape)
        np.testing.assert_allclose(jnp.std(kernel), jnp.std(same), rtol=0.05)
        np.testing.assert_allclose(jnp.abs(kernel).max(), jnp.abs(same).max(), rtol=0.01)
        assert abs(float(kernel.mean())) < 0.05 * float(kernel.max())
    pair = [params[name]["kernel"].ravel()[:1000] for name in shapes]
    assert abs(np.corrcoef(*pair)[0, 1]) < 0.1


def test_an_unknown_parameter_is_refused():
    with pytest.raises(ValueError, match="kernel or bias, not scale"):
        initialisation.draw(jax.random.key(0), {"scale": jax.ShapeDtypeStruct((2,), jnp.float32)})
