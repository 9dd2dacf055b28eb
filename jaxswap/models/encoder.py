"""The encoder: one for all identities."""

import flax.linen as nn
from jaxtyping import Array, Float

from jaxswap.models import blocks, convolution


class Encoder(nn.Module):
    """Convolutions that halve the side each."""

    features: tuple[int, ...]
    dtype: str = "float32"
    precision: convolution.Precision = "default"

    @nn.compact
    def __call__(self, images: Float[Array, "n h w c"]) -> list[Float[Array, "n _mh _mw _f"]]:
        """Maps of an image in [0, 1], or of a mask image with one channel, from the finest."""
        maps = []
        x = images
        for features in self.features:
            x = blocks.Downscale(features, dtype=self.dtype, precision=self.precision)(x)
            maps.append(x)
        return maps
