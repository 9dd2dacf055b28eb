"""From the latent to a picture: the face or the mask of one identity."""

import flax.linen as nn
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import blocks


class Decoder(nn.Module):
    """Upscales and a 5x5 convolution with a sigmoid; one for each identity."""

    features: tuple[int, ...]
    channels: int = 3
    """Of the picture: 3 for a face, 1 for a mask."""
    dtype: str = "float32"
    """Type of the upscales; the picture is float32."""
    convolve: blocks.Convolve = lax.conv_general_dilated

    @nn.compact
    def __call__(self, latent: Float[Array, "n lh lw f"]) -> Float[Array, "n h w c"]:
        """Pictures in [0, 1]."""
        x = latent
        for features in self.features:
            x = blocks.Upscale(features, dtype=self.dtype, convolve=self.convolve)(x)
        x = blocks.conv(self.channels, 5, dtype="float32", convolve=self.convolve)(x)
        return nn.sigmoid(x)
