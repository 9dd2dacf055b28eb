"""The two blocks the networks are made of.

Every module of this package takes `convolve`, which is called as `lax.conv_general_dilated` is and
does the same, in a way that suits the platform.
"""

from collections.abc import Callable

import flax.linen as nn
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import initialisers

SLOPE = 0.1  # of the leaky ReLUs, for negative values

Convolve = Callable[..., Array]


def pixel_shuffle(x: Float[Array, "n h w c"]) -> Float[Array, "n dh dw c_4"]:
    """Twice the side and a quarter of the channels: channel `(dy * 2 + dx) * C + c` to (dx, dy).

    That is TensorFlow's order of channels, and mode DCR of ONNX's DepthToSpace; torch's
    `PixelShuffle` has CRD.

    Reference: https://arxiv.org/abs/1609.05158
    """
    n, h, w, c = x.shape
    x = x.reshape(n, h, w, 2, 2, c // 4).transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(n, 2 * h, 2 * w, c // 4)


def conv(features: int, side: int, *, strides: int = 1, dtype: str, convolve: Convolve) -> nn.Conv:
    """A convolution as all parts have them: a square kernel, drawn as in 2017, and a bias."""
    return nn.Conv(
        features,
        (side, side),
        strides=strides,
        dtype=dtype,
        kernel_init=initialisers.glorot_uniform,
        conv_general_dilated=convolve,
    )


class Downscale(nn.Module):
    """Convolution 5x5 of stride 2 and leaky ReLU: half the side."""

    features: int
    dtype: str = "float32"
    convolve: Convolve = lax.conv_general_dilated

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n hh hw f"]:
        x = conv(self.features, 5, strides=2, dtype=self.dtype, convolve=self.convolve)(x)
        return nn.leaky_relu(x, SLOPE)


class Upscale(nn.Module):
    """Convolution 3x3 to four times the features, leaky ReLU, pixel shuffle: twice the side."""

    features: int
    dtype: str = "float32"
    convolve: Convolve = lax.conv_general_dilated

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n dh dw f"]:
        x = conv(4 * self.features, 3, dtype=self.dtype, convolve=self.convolve)(x)
        return pixel_shuffle(nn.leaky_relu(x, SLOPE))
