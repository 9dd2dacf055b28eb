"""One module, one result, whatever the platform and however it is called."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.models import convolution, formulations, winograd

# side, c_in, c_out, kernel, stride: one of each kind that the rule tells apart
LAYERS = [
    (8, 3, 4, 5, 2),
    (4, 6, 8, 5, 2),
    (8, 6, 3, 5, 1),
    (8, 32, 3, 5, 1),
    (12, 6, 8, 3, 1),
    (12, 32, 32, 3, 1),
]


def arrays(case, *, dtype=jnp.float32):
    side, c_in, c_out, kernel, _ = case
    rng = np.random.default_rng(0)
    shapes = (2, side, side, c_in), (kernel, kernel, c_in, c_out)
    return tuple(jnp.asarray(rng.normal(size=shape), dtype) for shape in shapes)


def total(function, stride):
    return lambda x, kernel: jnp.sum(jnp.sin(function(x, kernel, stride).astype(jnp.float32)))


def conv2d(x, kernel, stride, precision="default"):
    return convolution.conv2d(x, kernel, stride, precision)


def plain(x, kernel, stride):
    return formulations.direct_forward(x, kernel, stride=stride)


@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_value_and_gradients_are_those_of_the_direct_convolution(case):
    x, kernel = arrays(case)
    got = jax.jit(jax.value_and_grad(total(conv2d, case[-1]), (0, 1)))(x, kernel)
    expected = jax.jit(jax.value_and_grad(total(plain, case[-1]), (0, 1)))(x, kernel)
    jax.tree.map(lambda g, e: np.testing.assert_allclose(g, e, rtol=1e-4, atol=1e-4), got, expected)


def test_fast_is_near_the_direct_convolution_and_not_equal_to_it():
    x, kernel = arrays(LAYERS[-1])
    fast = jax.jit(functools.partial(conv2d, stride=1, precision="fast"))(x, kernel)
    expected = plain(x, kernel, 1)
    scale = float(jnp.abs(expected).max())
    np.testing.assert_allclose(fast / scale, expected / scale, rtol=0, atol=3e-5)
    assert (fast != expected).any()


@pytest.mark.parametrize("case", LAYERS[1:3], ids=str)
def test_mapped_over_kernels_it_is_a_loop(case):
    x, kernel = arrays(case)
    images, kernels = jnp.stack([x, 2 * x]), jnp.stack([kernel, kernel[::-1]])
    gradient = jax.jit(jax.grad(total(conv2d, case[-1]), (0, 1)))
    mapped = jax.jit(jax.vmap(gradient))(images, kernels)
    for index in range(2):
        alone = gradient(images[index], kernels[index])
        for got, expected in zip(mapped, alone, strict=True):
            np.testing.assert_allclose(got[index], expected, rtol=1e-4, atol=1e-4)


def test_bfloat16_stays_and_is_near():
    case = LAYERS[1]
    x, kernel = arrays(case, dtype=jnp.bfloat16)
    got = jax.jit(jax.grad(total(conv2d, case[-1]), (0, 1)))(x, kernel)
    wide = (x.astype(jnp.float32), kernel.astype(jnp.float32))
    expected = jax.jit(jax.grad(total(plain, case[-1]), (0, 1)))(*wide)
    for part, near in zip(got, expected, strict=True):
        assert part.dtype == jnp.bfloat16
        scale = float(jnp.abs(near).max())
        np.testing.assert_allclose(part.astype(jnp.float32) / scale, near / scale, atol=0.03)


def lowered(platform: str, case=(4, 6, 8, 5, 2), precision="default") -> str:
    x, kernel = arrays(case)
    convolve = functools.partial(conv2d, precision=precision)
    gradient = jax.jit(jax.grad(total(convolve, case[-1]), (0, 1)))
    return gradient.trace(x, kernel).lower(lowering_platforms=(platform,)).as_text()


@pytest.mark.parametrize("platform", ["tpu", "cuda"])
@pytest.mark.parametrize("precision", ["default", "fast"])
@pytest.mark.parametrize("case", [(4, 6, 8, 5, 2), LAYERS[-1]], ids=str)
def test_accelerators_get_three_convolutions(platform, precision, case):
    program = lowered(platform, case, precision)
    assert program.count("stablehlo.convolution") == 3
    assert program.count("stablehlo.dot_general") == 0


def test_cpu_gets_a_product_for_the_strided_input_gradient():
    program = lowered("cpu")
    assert program.count("stablehlo.convolution") == 2
    assert program.count("stablehlo.dot_general") == 1


FEW_OUTPUTS = formulations.DIRECT._replace(kernel_gradient=formulations.kn2row_kernel_gradient)
TAPS = formulations.DIRECT._replace(kernel_gradient=formulations.taps_kernel_gradient)
STRIDED = formulations.DIRECT._replace(input_gradient=formulations.product_input_gradient)


@pytest.mark.parametrize(
    ("x_shape", "kernel_shape", "stride", "default", "fast"),
    [
        ((32, 64, 64, 3), (5, 5, 3, 128), 2, formulations.DIRECT, None),
        ((32, 32, 32, 128), (5, 5, 128, 256), 2, formulations.DIRECT, winograd.WINOGRAD),
        ((32, 16, 16, 256), (5, 5, 256, 512), 2, formulations.PRODUCT, winograd.WINOGRAD),
        ((32, 8, 8, 512), (5, 5, 512, 1024), 2, formulations.PRODUCT, None),
        ((32, 4, 4, 1024), (3, 3, 1024, 2048), 1, formulations.PRODUCT, None),
        ((16, 8, 8, 512), (3, 3, 512, 1024), 1, formulations.PRODUCT, winograd.WINOGRAD),
        ((16, 32, 32, 128), (3, 3, 128, 256), 1, TAPS, winograd.WINOGRAD),
        ((16, 32, 32, 32), (3, 3, 32, 64), 1, formulations.DIRECT, winograd.WINOGRAD),
        ((16, 32, 32, 16), (3, 3, 16, 32), 1, formulations.DIRECT, None),
        ((32, 8, 8, 64), (5, 5, 64, 64), 2, STRIDED, None),
        ((32, 64, 64, 64), (5, 5, 64, 3), 1, FEW_OUTPUTS, None),
        ((32, 64, 64, 16), (5, 5, 16, 3), 1, formulations.BLOCKS, None),
        ((32, 63, 63, 16), (5, 5, 16, 3), 1, formulations.DIRECT, None),
    ],
)
def test_the_rule_of_the_cpu(x_shape, kernel_shape, stride, default, fast):
    assert convolution.cpu_formulation(x_shape, kernel_shape, stride=stride) == default
    chosen = convolution.cpu_formulation(x_shape, kernel_shape, stride=stride, precision="fast")
    assert chosen == (fast or default)


def test_the_module_is_that_of_linen():
    x, _ = arrays((8, 3, 4, 5, 2))
    ours = convolution.Conv(4, 5, stride=2)
    theirs = nn.Conv(4, (5, 5), strides=2, kernel_init=nn.initializers.glorot_uniform())
    params = jax.jit(ours.init)(jax.random.key(1), x)
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(
        jnp.shape, jax.eval_shape(theirs.init, jax.random.key(1), x)
    )
    np.testing.assert_allclose(ours.apply(params, x), theirs.apply(params, x), atol=1e-5)
