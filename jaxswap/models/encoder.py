"""The encoder: one for all identities."""

import flax.linen as nn
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import blocks


class ConvEncoder(nn.Module):
    """Convolutions that halve the side each."""

    features: tuple[int, ...]
    dtype: str = "float32"
    convolve: blocks.Convolve = lax.conv_general_dilated

    @nn.compact
    def __call__(self, images: Float[Array, "n h w c"]) -> list[Float[Array, "n _mh _mw _f"]]:
        """Maps of an image in [0, 1], or of a mask image with one channel, from the finest."""
        maps = []
        x = images
        for features in self.features:
            x = blocks.Downscale(features, dtype=self.dtype, convolve=self.convolve)(x)
            maps.append(x)
        return maps
