"""One result, whatever the platform and however it is called."""

import functools
import inspect

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxswap.convolutions import choice, formulations, platforms

# side, c_in, c_out, kernel, stride: one of each kind that the rule tells apart
LAYERS = [
    (8, 3, 4, 5, 2),
    (4, 6, 8, 5, 2),
    (8, 6, 3, 5, 1),
    (8, 32, 3, 5, 1),
    (12, 6, 8, 3, 1),
    (12, 32, 32, 3, 1),
]


NHWC = ("NHWC", "HWIO", "NHWC")


def arrays(case, *, dtype=jnp.float32):
    side, c_in, c_out, kernel, _ = case
    rng = np.random.default_rng(0)
    shapes = (2, side, side, c_in), (kernel, kernel, c_in, c_out)
    return tuple(jnp.asarray(rng.normal(size=shape), dtype) for shape in shapes)


def total(function, stride):
    return lambda x, kernel: jnp.sum(jnp.sin(function(x, kernel, stride).astype(jnp.float32)))


def conv2d(x, kernel, stride, precision="exact"):
    convolve = platforms.BY_PRECISION[precision]
    return convolve(x, kernel, (stride, stride), "SAME", dimension_numbers=NHWC)


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


def lowered(platform: str, case=(4, 6, 8, 5, 2), precision="exact") -> str:
    x, kernel = arrays(case)
    convolve = functools.partial(conv2d, precision=precision)
    gradient = jax.jit(jax.grad(total(convolve, case[-1]), (0, 1)))
    return gradient.trace(x, kernel).lower(lowering_platforms=(platform,)).as_text()


@pytest.mark.parametrize("platform", ["tpu", "cuda"])
@pytest.mark.parametrize("precision", ["exact", "fast"])
@pytest.mark.parametrize("case", [(4, 6, 8, 5, 2), LAYERS[-1]], ids=str)
def test_accelerators_get_three_convolutions(platform, precision, case):
    program = lowered(platform, case, precision)
    assert program.count("stablehlo.convolution") == 3
    assert program.count("stablehlo.dot_general") == 0


def test_cpu_gets_a_product_for_the_strided_input_gradient():
    program = lowered("cpu")
    assert program.count("stablehlo.convolution") == 2
    assert program.count("stablehlo.dot_general") == 1


def test_the_arguments_are_those_of_lax():
    theirs = list(inspect.signature(lax.conv_general_dilated).parameters)
    for convolve in platforms.BY_PRECISION.values():
        ours = list(inspect.signature(convolve).parameters)
        assert ours == [*theirs[:4], "options"]


@pytest.mark.parametrize("precision", ["fast", "exact"])
@pytest.mark.parametrize(
    "settings",
    [
        {"strides": 2},
        {},
        {"padding": "VALID"},
        {"padding": [(1, 1), (1, 1)]},
        {"padding": 2},
        {"padding": "REFLECT"},
        {"strides": (2, 1)},
        {"kernel_size": (3, 5)},
        {"kernel_size": (4, 4)},
        {"kernel_size": (3,)},
        {"feature_group_count": 32},
        {"kernel_dilation": 2},
        {"input_dilation": 2, "padding": 1},
        {"use_bias": False},
        {"precision": "highest"},
        {"dtype": "bfloat16"},
    ],
    ids=str,
)
def test_a_layer_of_linen_is_the_same_layer(settings, precision):
    settings = {"kernel_size": (3, 3), **settings}
    x = arrays((12, 32, 32, 3, 1))[0]
    plain_layer = nn.Conv(64, **settings)
    layer = plain_layer.clone(conv_general_dilated=platforms.BY_PRECISION[precision])
    params = plain_layer.init(jax.random.key(1), x)
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(
        jnp.shape, jax.eval_shape(layer.init, jax.random.key(1), x)
    )

    def loss(layer):
        return jax.jit(
            jax.value_and_grad(lambda p, x: jnp.sum(jnp.sin(layer.apply(p, x))), argnums=(0, 1))
        )

    got, expected = loss(layer)(params, x), loss(plain_layer)(params, x)
    rough = settings.get("dtype") == "bfloat16"
    for found, near in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert (found.dtype, found.shape) == (near.dtype, near.shape)
        scale = float(jnp.abs(near).max())
        tolerance = 0.05 if rough else 2e-4
        np.testing.assert_allclose(found / scale, near / scale, rtol=0, atol=tolerance)


def served(**options):
    x, kernel = arrays((12, 32, 32, 3, 1))
    asked = {"window_strides": (1, 1), "padding": "SAME", "dimension_numbers": NHWC, **options}
    program = jax.jit(functools.partial(platforms.fast, **asked)).trace(x, kernel)
    lowered = program.lower(lowering_platforms=("cpu",)).as_text()
    return "stablehlo.convolution" not in lowered


def test_what_linen_asks_for_is_served_by_winograd():
    numbers = lax.conv_dimension_numbers((2, 12, 12, 32), (3, 3, 32, 32), NHWC)
    linens = {"lhs_dilation": (1, 1), "rhs_dilation": (1, 1), "feature_group_count": 1}
    assert served()
    assert served(dimension_numbers=numbers, precision=None, **linens)
    assert served(padding=[(1, 1), (1, 1)])


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "VALID"},
        {"padding": [(2, 0), (1, 1)]},
        {"window_strides": (1, 2)},
        {"rhs_dilation": (2, 2)},
        {"precision": "highest"},
        {"preferred_element_type": jnp.float32},
    ],
    ids=str,
)
def test_what_no_formulation_is_written_for_is_xlas(options):
    assert not served(**options)


def test_what_xla_does_best_is_left_as_it_is():
    x, kernel = arrays((16, 8, 8, 3, 1))
    assert choice.cpu_formulation(x.shape, kernel.shape, stride=1, precision="fast") == (
        formulations.DIRECT
    )
    jax.jvp(functools.partial(conv2d, stride=1), (x, kernel), (x, kernel))  # no rule of ours
