"""Ways to write one 2-D convolution, equal in result and unequal in speed on CPU.

Convention: maps are `[n, h, w, c]`, kernels `[k, k, c_in, c_out]` (HWIO), padding is SAME as
TensorFlow has it (5x5 with stride 2 on an even side pads 1 before and 2 after). A convolution has
three parts, each a convolution itself: the forward pass, the gradient of the input and the gradient
of the kernel. Every formulation gives all three, as functions of arrays and `stride`.

- direct: XLA's own convolution.
- product: the patches that the kernel sees are laid side by side and multiplied by it as one
  matrix ("im2col", Chellapilla et al. 2006, https://inria.hal.science/inria-00112631).
- taps: one product for each tap of the kernel; only its kernel gradient.
- kn2row: each pixel by the whole kernel, shifted afterwards (Vasudevan et al. 2017,
  https://arxiv.org/abs/1704.04428); only its kernel gradient, for few outputs and stride 1.
- blocks: blocks of 2x2 pixels become channels, so that a stride-1 kernel with 3 outputs is a
  product with 12 ("space to depth"); only for stride 1 and even sides.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Map = Float[Array, "n h w c"]
Input = Float[Array, "n h w c_in"]
Output = Float[Array, "n oh ow c_out"]
Kernel = Float[Array, "k k c_in c_out"]

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


class Formulation(NamedTuple):
    """The three parts of a convolution."""

    forward: Callable[..., Output]
    """(x, kernel, *, stride) -> y"""
    input_gradient: Callable[..., Input]
    """(x, kernel, dy, *, stride) -> dx; of x only the shape counts."""
    kernel_gradient: Callable[..., Kernel]
    """(x, kernel, dy, *, stride) -> dkernel; of the kernel only the shape counts."""


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels of zeros before and after a side, as SAME asks for."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def direct_forward(x: Input, kernel: Kernel, *, stride: int) -> Output:
    """XLA's convolution."""
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
    )


def direct_input_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Input:
    """XLA's transposed convolution."""
    (dx,) = jax.linear_transpose(lambda x: direct_forward(x, kernel, stride=stride), x)(dy)
    return dx


def direct_kernel_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Kernel:
    """XLA's convolution of the input with the output's gradient."""
    forward = jax.linear_transpose(lambda k: direct_forward(x, k, stride=stride), kernel)
    (dkernel,) = forward(dy)
    return dkernel


def patches(x: Map, *, kernel: int, stride: int) -> Float[Array, "n oh ow p"]:
    """What each output sees of the input, `kernel * kernel * c` values in the kernel's order."""
    _, h, w, _ = x.shape
    high, wide = same_padding(h, kernel, stride), same_padding(w, kernel, stride)
    out_h, out_w = -(-h // stride), -(-w // stride)
    x = jnp.pad(x, ((0, 0), high, wide, (0, 0)))
    last_h, last_w = (out_h - 1) * stride + 1, (out_w - 1) * stride + 1
    # One side after the other: a slice for each tap would take several times as long to compile.
    columns = [lax.slice_in_dim(x, j, j + last_w, stride, axis=2) for j in range(kernel)]
    x = jnp.concatenate(columns, axis=-1)
    rows = [lax.slice_in_dim(x, i, i + last_h, stride, axis=1) for i in range(kernel)]
    return jnp.concatenate(rows, axis=-1)


def product_forward(x: Input, kernel: Kernel, *, stride: int) -> Output:
    """Patches times kernel."""
    columns = patches(x, kernel=kernel.shape[0], stride=stride)
    return columns @ kernel.reshape(-1, kernel.shape[-1])


def product_input_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Input:
    """What every patch gets, added up where patches overlap.

    The patches of `dy` times the mirrored kernel would be the same for stride 1, but mirroring a
    large kernel takes longer than the product.
    """
    side, c_out = kernel.shape[0], kernel.shape[-1]
    columns = dy @ kernel.reshape(-1, c_out).T
    (dx,) = jax.linear_transpose(lambda x: patches(x, kernel=side, stride=stride), x)(columns)
    return dx


def product_kernel_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Kernel:
    """Patches, made again rather than kept since the forward pass, times `dy`."""
    columns = patches(x, kernel=kernel.shape[0], stride=stride)
    axes = ((0, 1, 2), (0, 1, 2))
    return jnp.tensordot(columns, dy, axes).reshape(kernel.shape)


def taps_kernel_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Kernel:
    """What each tap sees times `dy`: the product's way, without the memory for all patches."""
    side, _, c_in, c_out = kernel.shape
    n, h, w, _ = x.shape
    _, out_h, out_w, _ = dy.shape
    x = jnp.pad(x, ((0, 0), *(same_padding(s, side, stride) for s in (h, w)), (0, 0)))
    axes = ((0, 1, 2), (0, 1, 2))
    taps = []
    for i in range(side):
        for j in range(side):
            ends = (n, i + (out_h - 1) * stride + 1, j + (out_w - 1) * stride + 1, c_in)
            seen = lax.slice(x, (0, i, j, 0), ends, (1, stride, stride, 1))
            taps.append(jnp.tensordot(seen, dy, axes))
    return jnp.stack(taps).reshape(side, side, c_in, c_out)


def kn2row_kernel_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Kernel:
    """The input times the patches of `dy`, which are small where the outputs are few.

    Raises:
        ValueError: if the stride is not 1 or the kernel's side is even.
    """
    side, _, c_in, c_out = kernel.shape
    if stride != 1 or side % 2 == 0:
        raise ValueError(f"kn2row takes stride 1 and odd kernels, not {stride} and {side}.")
    columns = patches(dy, kernel=side, stride=1)  # tap i sees the output i - side // 2 further on
    axes = ((0, 1, 2), (0, 1, 2))
    taps = jnp.tensordot(x, columns, axes).reshape(c_in, side, side, c_out)
    return jnp.flip(taps, (1, 2)).transpose(1, 2, 0, 3)


def space_to_depth(x: Map) -> Float[Array, "n hh hw c4"]:
    """Blocks of 2x2 pixels to channels, channel `(dy * 2 + dx) * c + c'`."""
    n, h, w, c = x.shape
    x = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(n, h // 2, w // 2, 4 * c)


def depth_to_space(x: Map) -> Float[Array, "n dh dw c_4"]:
    """Channels to blocks of 2x2 pixels, the inverse of `space_to_depth`.

    Channel `(dy * 2 + dx) * c + c'` goes to pixel (dx, dy) of its block: TensorFlow's
    `depth_to_space`, ONNX's mode DCR; not torch's `PixelShuffle`, whose order is CRD.

    Reference: https://onnx.ai/onnx/operators/onnx__DepthToSpace.html
    """
    n, h, w, c = x.shape
    x = x.reshape(n, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(n, 2 * h, 2 * w, c // 4)


def block_kernel(kernel: Kernel) -> Float[Array, "b b c_in4 c_out4"]:
    """The kernel between 2x2 blocks that equals an odd kernel between pixels at stride 1.

    Output row `2p + a` sees input row `2(p + i) + b` through tap `2i + b - a`: entry (i, b, a) of
    the block kernel, zero where there is no such tap.
    """
    side, _, c_in, c_out = kernel.shape
    reach = side // 2  # taps run over -reach..reach
    blocks = -(-reach // 2)  # blocks on either side of the middle one
    margin = 2 * blocks + 1 - reach  # so that every tap that is asked for has an entry
    wide = jnp.pad(kernel, ((margin, margin), (margin, margin), (0, 0), (0, 0)))
    size = 2 * (2 * blocks + 1)

    def rows(wide: Array, axis: int) -> Array:
        shifted = [lax.slice_in_dim(wide, 1 - a, 1 - a + size, axis=axis) for a in range(2)]
        return jnp.stack(shifted, axis=-2)

    wide = rows(rows(wide, 0), 1)  # (i b), (j b'), c_in, a, a', c_out
    wide = wide.reshape(size // 2, 2, size // 2, 2, c_in, 2, 2, c_out)
    wide = wide.transpose(0, 2, 1, 3, 4, 5, 6, 7)
    return wide.reshape(size // 2, size // 2, 4 * c_in, 4 * c_out)


def blocks_forward(x: Input, kernel: Kernel, *, stride: int) -> Output:
    """Direct between blocks."""
    y = direct_forward(space_to_depth(x), block_kernel(kernel), stride=stride)
    return depth_to_space(y)


def blocks_input_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Input:
    """Direct between blocks, with the mirrored kernel."""
    mirrored = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    return blocks_forward(dy, mirrored, stride=stride)


def blocks_kernel_gradient(x: Input, kernel: Kernel, dy: Output, *, stride: int) -> Kernel:
    """Direct between blocks, its entries summed back into the taps they came from."""
    wide = block_kernel(kernel)  # of which only the shape counts
    dwide = direct_kernel_gradient(space_to_depth(x), wide, space_to_depth(dy), stride=stride)
    (dkernel,) = jax.linear_transpose(block_kernel, kernel)(dwide)
    return dkernel


DIRECT = Formulation(direct_forward, direct_input_gradient, direct_kernel_gradient)
PRODUCT = Formulation(product_forward, product_input_gradient, product_kernel_gradient)
BLOCKS = Formulation(blocks_forward, blocks_input_gradient, blocks_kernel_gradient)
