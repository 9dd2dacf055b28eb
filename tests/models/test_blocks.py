import jax
import jax.numpy as jnp
import numpy as np

from jaxswap.models import blocks, initialisers


def test_pixel_shuffle_is_in_tensorflows_order():
    # The example of the ONNX operator DepthToSpace, mode DCR, channels moved last.
    x = jnp.arange(8.0).reshape(1, 1, 1, 8)
    np.testing.assert_array_equal(
        blocks.pixel_shuffle(x)[0], jnp.array([[[0, 1], [2, 3]], [[4, 5], [6, 7]]])
    )


def test_downscale_halves_and_upscale_doubles_the_side():
    x = jnp.ones((2, 8, 8, 3))

    def shape(module):
        return jax.eval_shape(module.init_with_output, jax.random.key(0), x)[0].shape

    assert shape(blocks.Downscale(6)) == (2, 4, 4, 6)
    assert shape(blocks.Upscale(5)) == (2, 16, 16, 5)


def test_negative_values_are_cut_to_a_tenth():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(1, 8, 8, 2)), jnp.float32)
    module = blocks.Downscale(3)
    key = jax.random.key(1)
    params = jax.jit(lambda: initialisers.drawn(key, module.init(key, x)))()
    apply = jax.jit(module.apply)
    linear = apply(params, x)
    mirrored = apply(jax.tree.map(lambda p: -p, params), x)
    negative = linear < 0
    assert bool(negative.any())
    np.testing.assert_allclose(linear[negative], -0.1 * mirrored[negative], rtol=1e-5)
