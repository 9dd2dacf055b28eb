import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.losses import pixel


def test_l1_is_the_absolute_difference_of_each_value():
    pred, target = jnp.array([0.1, 0.9]), jnp.array([0.4, 0.4])
    np.testing.assert_allclose(pixel.l1(pred, target), [0.3, 0.5], rtol=1e-6)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 1\) and `target` \(2, 3\) must match"):
        pixel.l1(jnp.ones((2, 1)), jnp.ones((2, 3)))
