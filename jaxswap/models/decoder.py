"""From the latent to a picture: the face and the mask of one identity."""

import flax.linen as nn
from jaxtyping import Array, Float

from jaxswap.models import blocks, convolution


class Decoder(nn.Module):
    """Upscales and a 5x5 convolution with a sigmoid; one for each identity."""

    features: tuple[int, ...]
    channels: int = 3
    """Of the picture."""
    dtype: str = "float32"
    """Type of the upscales; the picture is float32."""
    precision: convolution.Precision = "default"

    @nn.compact
    def __call__(self, latent: Float[Array, "n lh lw f"]) -> Float[Array, "n h w c"]:
        """Pictures in [0, 1]."""
        x = latent
        for features in self.features:
            x = blocks.Upscale(features, dtype=self.dtype, precision=self.precision)(x)
        return nn.sigmoid(convolution.Conv(self.channels, 5, precision=self.precision)(x))


class MaskHead(Decoder):
    """A decoder of one channel: 1 inside the face."""

    channels: int = 1
