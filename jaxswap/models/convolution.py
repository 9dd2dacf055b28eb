"""One convolution module for every platform, fast where the gradients of XLA:CPU are not.

On TPU and GPU the layer is XLA's convolution. On CPU each layer takes the formulation that
`cpu_formulation` picks by its shape. The choice is made when the program is lowered for a platform,
so that parameters, checkpoints and exported programs are the same everywhere.

The choice sits inside a custom derivative whose two rules hold a platform switch each. So the
switch itself is never differentiated, which would keep what the gradients of *all* its branches
need, and only the layer's input and kernel are kept for the backward pass. Reverse mode only:
`jax.jvp` of it is an error.
"""

import functools
from typing import Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import formulations, winograd

Precision = Literal["default", "fast"]

DEEP_SIDE = 8  # of the output: few positions, many channels
LARGE_KERNEL = 2**18  # values
STRIDED_SIDE = 4  # of the output
FEW_CHANNELS = 4  # a picture's
MANY_CHANNELS = 32  # from here on they fill the vectors by themselves
TAPS_CHANNELS = 128
WINOGRAD_CHANNELS = {1: 32, 2: 128}  # by stride: fewer do not pay for the transforms
WINOGRAD_SIDE = 2 * winograd.TILE  # of the output: on one tile the kernel's transform is the work


def cpu_formulation(
    x_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    *,
    stride: int,
    precision: Precision = "default",
) -> formulations.Formulation:
    """What is fastest on CPU for a layer of this shape; `benchmarks/convolution.py` measures it.

    XLA's own convolution is near the speed of its matrix product for most layers. It is not

    - for a large kernel over few positions, as in the original's deep layers and first upscale:
      there all three parts are products;
    - for the input gradient of a strided layer whose output is 4x4 or less, slower by tens: a
      product there, even where the kernel is small;
    - for the kernel gradient of many channels over many positions, up to four times slower at a
      side of 128: there one product for each tap of the kernel;
    - for a picture as output. Of many channels its kernel gradient is what is slow: kn2row. Of few,
      all of it: blocks of 2x2 pixels make 12 channels of its 3, and their making undoes the pixel
      shuffle before, so that XLA leaves out both.

    With `precision="fast"`, Winograd's F(4x4, 3x3) takes every layer that it serves and that has
    the channels and the side to pay for its transforms.
    """
    side, _, c_in, c_out = kernel_shape
    out = -(-x_shape[1] // stride)
    direct, product = formulations.DIRECT, formulations.PRODUCT
    if precision == "fast" and _winograd_pays(x_shape, kernel_shape, stride=stride):
        return winograd.WINOGRAD
    if out <= DEEP_SIDE and side * side * c_in * c_out >= LARGE_KERNEL:
        return product
    if c_out <= FEW_CHANNELS and stride == 1 and side % 2 == 1:
        if c_in >= MANY_CHANNELS:
            return direct._replace(kernel_gradient=formulations.kn2row_kernel_gradient)
        if x_shape[1] % 2 == x_shape[2] % 2 == 0:
            return formulations.BLOCKS
    if stride > 1 and out <= STRIDED_SIDE:
        return direct._replace(input_gradient=product.input_gradient)
    if stride == 1 and min(c_in, c_out) >= TAPS_CHANNELS:
        return direct._replace(kernel_gradient=formulations.taps_kernel_gradient)
    return direct


def _winograd_pays(x_shape: tuple[int, ...], kernel_shape: tuple[int, ...], *, stride: int) -> bool:
    side, _, c_in, c_out = kernel_shape
    return (
        winograd.serves(side, stride=stride, sides=x_shape[1:3])
        and min(c_in, c_out) >= WINOGRAD_CHANNELS[stride]
        and -(-min(x_shape[1:3]) // stride) >= WINOGRAD_SIDE
    )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def conv2d(
    x: Float[Array, "n h w c_in"],
    kernel: Float[Array, "k k c_in c_out"],
    stride: int,
    precision: Precision,
) -> Float[Array, "n oh ow c_out"]:
    """Convolution with SAME padding, written as the platform wants it.

    Args:
        x: maps, channels last.
        kernel: height, width, input and output channels, of the same type as `x`.
        stride: step of the kernel along both sides.
        precision: on CPU, "fast" admits Winograd's algorithm, which errs by up to 3e-5 of the
            largest value where "default" errs by 2e-6.
    """
    chosen = cpu_formulation(x.shape, kernel.shape, stride=stride, precision=precision)
    return lax.platform_dependent(
        x,
        kernel,
        cpu=functools.partial(chosen.forward, stride=stride),
        default=functools.partial(formulations.direct_forward, stride=stride),
    )


def _forward(
    x: Array, kernel: Array, stride: int, precision: Precision
) -> tuple[Array, tuple[Array, Array]]:
    return conv2d(x, kernel, stride, precision), (x, kernel)


def _backward(
    stride: int, precision: Precision, kept: tuple[Array, Array], dy: Array
) -> tuple[Array, Array]:
    x, kernel = kept
    chosen = cpu_formulation(x.shape, kernel.shape, stride=stride, precision=precision)
    # Two switches, not one: the gradient that nobody asks for is then dropped with its branch.
    dx = lax.platform_dependent(
        x,
        kernel,
        dy,
        cpu=functools.partial(chosen.input_gradient, stride=stride),
        default=functools.partial(formulations.direct_input_gradient, stride=stride),
    )
    dkernel = lax.platform_dependent(
        x,
        kernel,
        dy,
        cpu=functools.partial(chosen.kernel_gradient, stride=stride),
        default=functools.partial(formulations.direct_kernel_gradient, stride=stride),
    )
    return dx, dkernel


conv2d.defvjp(_forward, _backward)


class Conv(nn.Module):
    """Convolution with SAME padding and a bias; parameters as `nn.Conv` has them.

    Initialised as Keras did in 2017: glorot uniform, bias 0.
    """

    features: int
    kernel_size: int
    stride: int = 1
    dtype: str = "float32"
    """Type of the computation and of the result."""
    precision: Precision = "default"
    """As `conv2d` has it."""

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n oh ow f"]:
        shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.features,))
        dtype = jnp.dtype(self.dtype)
        y = conv2d(x.astype(dtype), kernel.astype(dtype), self.stride, self.precision)
        return y + bias.astype(dtype)
