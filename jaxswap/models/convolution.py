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

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import formulations

DEEP_SIDE = 8  # of the output: few positions, many channels
LARGE_KERNEL = 2**20  # values
STRIDED_SIDE = 4  # of the output
FEW_CHANNELS = 4  # a picture's


def cpu_formulation(
    x_shape: tuple[int, ...], kernel_shape: tuple[int, ...], *, stride: int
) -> formulations.Formulation:
    """What is fastest on CPU for a layer of this shape; `benchmarks/convolution.py` measures it.

    XLA's own convolution is near the speed of its matrix product for most layers. It is not

    - for a large kernel over few positions, as in the original's deep layers and first upscale:
      there all three parts are products;
    - for the input gradient of a strided layer whose output is 4x4 or less, slower by tens: a
      product there, even where the kernel is small;
    - for a picture as input, whose 3 channels fill no vector: the forward pass is a product;
    - for a picture as output: blocks of 2x2 pixels make 12 channels of its 3, and their making
      undoes the pixel shuffle before, so that XLA leaves out both.
    """
    side, _, c_in, c_out = kernel_shape
    out = -(-x_shape[1] // stride)
    chosen, product = formulations.DIRECT, formulations.PRODUCT
    if out <= DEEP_SIDE and side * side * c_in * c_out >= LARGE_KERNEL:
        return product
    if c_in <= FEW_CHANNELS:
        chosen = chosen._replace(forward=product.forward)
    even = x_shape[1] % 2 == x_shape[2] % 2 == 0
    if c_out <= FEW_CHANNELS and stride == 1 and side % 2 == 1 and even:
        return formulations.BLOCKS
    if stride > 1 and out <= STRIDED_SIDE:
        chosen = chosen._replace(input_gradient=product.input_gradient)
    return chosen


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def conv2d(
    x: Float[Array, "n h w c_in"], kernel: Float[Array, "k k c_in c_out"], stride: int
) -> Float[Array, "n oh ow c_out"]:
    """Convolution with SAME padding, written as the platform wants it.

    Args:
        x: maps, channels last.
        kernel: height, width, input and output channels, of the same type as `x`.
        stride: step of the kernel along both sides.
    """
    chosen = cpu_formulation(x.shape, kernel.shape, stride=stride)
    return lax.platform_dependent(
        x,
        kernel,
        cpu=functools.partial(chosen.forward, stride=stride),
        default=functools.partial(formulations.direct_forward, stride=stride),
    )


def _forward(x: Array, kernel: Array, stride: int) -> tuple[Array, tuple[Array, Array]]:
    return conv2d(x, kernel, stride), (x, kernel)


def _backward(stride: int, kept: tuple[Array, Array], dy: Array) -> tuple[Array, Array]:
    x, kernel = kept
    chosen = cpu_formulation(x.shape, kernel.shape, stride=stride)
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

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n oh ow f"]:
        shape = (self.kernel_size, self.kernel_size, x.shape[-1], self.features)
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (self.features,))
        dtype = jnp.dtype(self.dtype)
        return conv2d(x.astype(dtype), kernel.astype(dtype), self.stride) + bias.astype(dtype)
