"""The two blocks the networks are made of."""

import flax.linen as nn
from jaxtyping import Array, Float

from jaxswap.models import convolution, formulations

SLOPE = 0.1  # of the leaky ReLUs, for negative values


def pixel_shuffle(x: Float[Array, "n h w c"]) -> Float[Array, "n dh dw c_4"]:
    """Twice the side and a quarter of the channels: channel `(dy * 2 + dx) * C + c` to (dx, dy).

    Reference: https://arxiv.org/abs/1609.05158, in TensorFlow's order of channels.
    """
    return formulations.depth_to_space(x)


class Downscale(nn.Module):
    """Convolution 5x5 of stride 2 and leaky ReLU: half the side."""

    features: int
    dtype: str = "float32"
    precision: convolution.Precision = "default"

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n hh hw f"]:
        x = convolution.Conv(
            self.features, 5, stride=2, dtype=self.dtype, precision=self.precision
        )(x)
        return nn.leaky_relu(x, SLOPE)


class Upscale(nn.Module):
    """Convolution 3x3 to four times the features, leaky ReLU, pixel shuffle: twice the side."""

    features: int
    dtype: str = "float32"
    precision: convolution.Precision = "default"

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n dh dw f"]:
        x = convolution.Conv(4 * self.features, 3, dtype=self.dtype, precision=self.precision)(x)
        return pixel_shuffle(nn.leaky_relu(x, SLOPE))
