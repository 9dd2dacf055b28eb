"""Which formulation is fastest on CPU for a layer, by its shape."""

from typing import Literal

from jaxswap.convolutions import formulations, winograd

Precision = Literal["fast", "exact"]
"""Whether Winograd's algorithm may be taken, which errs by up to 3e-5 of the largest value where
the others err by 2e-6."""

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
    precision: Precision,
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

    Where the precision is "fast", Winograd's F(4x4, 3x3) takes every layer that it serves and that
    has the channels and the side to pay for its transforms.
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
