"""Winograd's convolution F(4x4, 3x3): a quarter of the multiplications, some of the precision.

Tiles of 4x4 outputs see 6x6 inputs. Both these and the kernel are taken to 36 values each by small
constant matrices; there the convolution is 36 matrix products over channels, whose results a third
matrix takes back. Here each transform is one matrix product over the two axes at once (a Kronecker
product), since written out element by element it costs more than the products save.

A kernel of 5x5 with stride 2 is one of 3x3 with stride 1 over blocks of 2x2 pixels.

The intermediate values are sums with weights of up to 8, of both signs: with random values the
error is up to 3e-5 of the largest result, twenty times the direct convolution's.

Reference: Lavin and Gray 2016, https://arxiv.org/abs/1509.09308, section 4.3
"""

import functools

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from jaxswap.convolutions import formulations
from jaxswap.convolutions.formulations import Input, Kernel, Map, Output

TILE = 4  # outputs along a side
SEEN = TILE + 2  # inputs along a side

_INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float32,
)
_KERNEL = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    np.float32,
)
_OUTPUT = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
    np.float32,
)


def serves(kernel_side: int, *, stride: int, sides: tuple[int, ...]) -> bool:
    """Whether a layer has a form that is written here: 3x3, or 5x5 with stride 2 on even sides."""
    if stride == 2:
        return kernel_side == 5 and all(side % 2 == 0 for side in sides)
    return (kernel_side, stride) == (3, 1)


@functools.cache
def _kernel_matrix(stride: int, *, mirrored: bool = False) -> Float[np.ndarray, "values taps"]:
    """From the kernel's taps to 36 values, for stride 2 of each pixel of a block of 2x2.

    Mirrored, the 3x3 taps (or blocks) are taken in reverse order.
    """
    taps = _KERNEL[:, ::-1] if mirrored else _KERNEL
    if stride == 1:
        return np.kron(taps, taps)
    # Output o sees input 2 o - 1 + i through tap i: pixel b of block o + u - 1 is tap 2 u + b - 1.
    line = np.zeros((SEEN, 2, 5), np.float32)
    for u in range(3):
        for b in range(2):
            if 2 * u + b >= 1:
                line[:, b, 2 * u + b - 1] = taps[:, u]
    return np.einsum("xbi,ycj->xybcij", line, line).reshape(SEEN * SEEN * 4, 25)


def _kernel_values(
    kernel: Kernel, *, stride: int, mirrored: bool = False
) -> Float[Array, "36 c_seen c_out"]:
    matrix = _kernel_matrix(stride, mirrored=mirrored).astype(kernel.dtype)
    return jnp.matmul(matrix, kernel.reshape(matrix.shape[1], -1)).reshape(36, -1, kernel.shape[-1])


def _input_values(x: Map) -> Float[Array, "36 tiles c"]:
    """Of the 6x6 pixels around each tile; beyond the border they are 0."""
    n, h, w, c = x.shape
    high, wide = -(-h // TILE), -(-w // TILE)
    behind_h, behind_w = (high + 1) * TILE - h - 1, (wide + 1) * TILE - w - 1
    x = jnp.pad(x, ((0, 0), (1, behind_h), (1, behind_w), (0, 0)))
    # A tile sees its own 4 pixels and the next tile's first 2 along each side. One slice for each
    # of the 36 places would be as fast, and would take five times as long to compile.
    x = x.reshape(n, high + 1, TILE, wide + 1, TILE, c)
    x = jnp.concatenate([x[:, :-1], x[:, 1:, : SEEN - TILE]], axis=2)
    x = jnp.concatenate([x[:, :, :, :-1], x[:, :, :, 1:, : SEEN - TILE]], axis=4)
    seen = x.transpose(2, 4, 0, 1, 3, 5)
    matrix = np.kron(_INPUT, _INPUT).astype(x.dtype)
    return jnp.matmul(matrix, seen.reshape(36, -1)).reshape(36, -1, c)


def _output(values: Float[Array, "36 tiles c"], *, n: int, h: int, w: int) -> Map:
    high, wide = -(-h // TILE), -(-w // TILE)
    matrix = np.kron(_OUTPUT, _OUTPUT).astype(values.dtype)
    y = jnp.matmul(matrix, values.reshape(36, -1)).reshape(TILE, TILE, n, high, wide, -1)
    y = y.transpose(2, 3, 0, 4, 1, 5).reshape(n, high * TILE, wide * TILE, -1)
    return y[:, :h, :w]


def _output_gradient_values(dy: Map) -> Float[Array, "36 tiles c"]:
    """The transpose of `_output`."""
    n, h, w, c = dy.shape
    high, wide = -(-h // TILE), -(-w // TILE)
    dy = jnp.pad(dy, ((0, 0), (0, high * TILE - h), (0, wide * TILE - w), (0, 0)))
    tiles = dy.reshape(n, high, TILE, wide, TILE, c).transpose(2, 4, 0, 1, 3, 5)
    matrix = np.kron(_OUTPUT, _OUTPUT).T.astype(dy.dtype)
    return jnp.matmul(matrix, tiles.reshape(TILE * TILE, -1)).reshape(36, -1, c)


def _multiplied(a: Array, b: Array, axis_a: int, axis_b: int) -> Array:
    """36 matrix products over the given axes."""
    return lax.dot_general(a, b, (((axis_a,), (axis_b,)), ((0,), (0,))))


def _blocks(x: Map, *, stride: int) -> Float[Array, "n rows columns values"]:
    return x if stride == 1 else formulations.space_to_depth(x)


def forward(x: Input, kernel: Kernel, *, stride: int) -> Output:
    """Inputs and kernel to 36 values, products, and back."""
    x = _blocks(x, stride=stride)
    n, h, w, _ = x.shape
    values = _multiplied(_input_values(x), _kernel_values(kernel, stride=stride), 2, 1)
    return _output(values, n=n, h=h, w=w)


def input_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Input:
    """The convolution of `dy` with the mirrored kernel, mirrored in the matrix that takes it."""
    n, h, w, _ = dy.shape
    values = _kernel_values(kernel, stride=stride, mirrored=True)
    dx = _output(_multiplied(_input_values(dy), values, 2, 2), n=n, h=h, w=w)
    return dx if stride == 1 else formulations.depth_to_space(dx)


def kernel_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Kernel:
    """The transposes of the forward pass's steps, the inputs' values made again."""
    values = _multiplied(
        _input_values(_blocks(x, stride=stride)), _output_gradient_values(dy), 1, 1
    )
    matrix = _kernel_matrix(stride).T.astype(kernel.dtype)
    return jnp.matmul(matrix, values.reshape(matrix.shape[1], -1)).reshape(kernel.shape)


WINOGRAD = formulations.Formulation(forward, input_gradient, kernel_gradient)
