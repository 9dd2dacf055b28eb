"""Every formulation against TensorFlow's definition of SAME, written out in NumPy float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxswap.convolutions import formulations, winograd

# kernel, stride, side, c_in, c_out
LAYERS = [
    (5, 2, 8, 3, 4),
    (5, 2, 7, 3, 4),
    (3, 1, 4, 6, 8),
    (5, 1, 6, 4, 3),
    (3, 1, 5, 2, 3),
    (1, 1, 4, 2, 3),
    (3, 1, 8, 3, 2),
    (5, 2, 16, 2, 3),
    (5, 2, 12, 2, 3),
    (7, 1, 8, 2, 1),
]
CASES = [
    (name, case)
    for name in ("direct", "product", "blocks")
    for case in LAYERS
    if name != "blocks" or (case[1] == 1 and case[2] % 2 == 0)  # all that blocks are for
]
WINOGRAD_CASES = [
    case for case in LAYERS if winograd.serves(case[0], stride=case[1], sides=(case[2], case[2]))
]


def layer(kernel, stride, side, c_in, c_out):
    rng = np.random.default_rng(0)
    out = -(-side // stride)
    return (
        rng.normal(size=(2, side, side, c_in)).astype(np.float32),
        rng.normal(size=(kernel, kernel, c_in, c_out)).astype(np.float32),
        rng.normal(size=(2, out, out, c_out)).astype(np.float32),
    )


def taps(x, kernel, stride):
    """For each tap of the kernel, the padded input and what of it the outputs see."""
    size, out = kernel.shape[0], -(-x.shape[1] // stride)
    total = max((out - 1) * stride + size - x.shape[1], 0)
    pad = (total // 2, total - total // 2)
    padded = np.pad(x.astype(np.float64), ((0, 0), pad, pad, (0, 0)))
    for i in range(size):
        for j in range(size):
            rows = slice(i, i + stride * (out - 1) + 1, stride)
            columns = slice(j, j + stride * (out - 1) + 1, stride)
            yield (i, j), padded, (slice(None), rows, columns)


def reference(x, kernel, dy, stride):
    """Forward pass, gradient of the input, gradient of the kernel."""
    y, dkernel, dx = 0.0, np.zeros(kernel.shape), None
    for tap, padded, seen in taps(x, kernel, stride):
        dx = np.zeros(padded.shape) if dx is None else dx
        y = y + padded[seen] @ kernel[tap].astype(np.float64)
        dkernel[tap] = np.einsum("nhwc,nhwd->cd", padded[seen], dy)
        dx[seen] += dy @ kernel[tap].T.astype(np.float64)
    side, before = x.shape[1], (dx.shape[1] - x.shape[1]) // 2
    return y, dx[:, before : before + side, before : before + side], dkernel


def check(chosen, case, *, atol):
    stride = case[1]
    x, kernel, dy = layer(*case)

    @jax.jit
    def parts(x, kernel, dy):
        return (
            chosen.forward(x, kernel, stride=stride),
            chosen.input_gradient(x, kernel, dy, stride=stride),
            chosen.kernel_gradient(x, kernel, dy, stride=stride),
        )

    expectations = reference(x, kernel, dy, stride)
    for part, expected in zip(parts(x, kernel, dy), expectations, strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(part / scale, expected / scale, rtol=0, atol=atol)


@pytest.mark.parametrize(("name", "case"), CASES, ids=str)
def test_all_parts_agree_with_the_definition(name, case):
    check(getattr(formulations, name.upper()), case, atol=2e-6)


@pytest.mark.parametrize("case", WINOGRAD_CASES, ids=str)
def test_winograd_agrees_with_the_definition_within_its_error(case):
    check(winograd.WINOGRAD, case, atol=3e-5)


@pytest.mark.parametrize("case", [case for case in LAYERS if case[1] == 1], ids=str)
def test_kn2row_agrees_with_the_definition(case):
    x, kernel, dy = layer(*case)
    expected = reference(x, kernel, dy, 1)[2]
    got = jax.jit(functools.partial(formulations.kn2row_kernel_gradient, stride=1))(x, kernel, dy)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=2e-6)


@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_taps_agree_with_the_definition(case):
    x, kernel, dy = layer(*case)
    expected = reference(x, kernel, dy, case[1])[2]
    gradient = functools.partial(formulations.taps_kernel_gradient, stride=case[1])
    scale = np.abs(expected).max()
    got = jax.jit(gradient)(x, kernel, dy)
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=2e-6)


def test_kn2row_refuses_what_it_would_get_wrong():
    x, kernel, dy = map(jnp.asarray, layer(5, 2, 8, 3, 4))
    with pytest.raises(ValueError, match="stride 1"):
        formulations.kn2row_kernel_gradient(x, kernel, dy, stride=2)


def test_same_padding_puts_the_odd_pixel_behind():
    assert formulations.same_padding(64, 5, 2) == (1, 2)
    assert formulations.same_padding(64, 3, 1) == (1, 1)
    assert formulations.same_padding(7, 5, 2) == (2, 2)


def test_depth_to_space_takes_blocks_of_channels():
    x = jnp.arange(2 * 3 * 3 * 8, dtype=jnp.float32).reshape(2, 3, 3, 8)
    shuffled = formulations.depth_to_space(x)
    assert shuffled.shape == (2, 6, 6, 2)
    for dy, dx, channel in np.ndindex(2, 2, 2):
        expected = x[..., (dy * 2 + dx) * 2 + channel]
        np.testing.assert_array_equal(shuffled[:, dy::2, dx::2, channel], expected)


def test_space_to_depth_undoes_depth_to_space():
    x = jnp.asarray(np.random.default_rng(0).random((2, 4, 6, 12), dtype=np.float32))
    shuffled = formulations.depth_to_space(x)
    np.testing.assert_array_equal(formulations.space_to_depth(shuffled), x)
