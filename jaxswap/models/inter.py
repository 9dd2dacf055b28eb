"""The inter: the dense bottleneck between the encoder and the decoders, one for all identities."""

import flax.linen as nn
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import blocks, initialisers


class DenseInter(nn.Module):
    """Two dense layers without activation and an upscale, as the original has them."""

    bottleneck: int
    """Units of the first dense layer."""
    features: int
    """Channels of the map that the second dense layer is folded into."""
    upscale: int
    """Channels of the latent."""
    dtype: str = "float32"
    convolve: blocks.Convolve = lax.conv_general_dilated

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n dh dw f"]:
        """The latent: twice the side of the encoder's map."""
        n, h, w, _ = x.shape
        dense = {"kernel_init": initialisers.glorot_uniform, "dtype": self.dtype}
        x = nn.Dense(self.bottleneck, **dense)(x.reshape(n, -1))
        x = nn.Dense(h * w * self.features, **dense)(x)
        x = x.reshape(n, h, w, self.features)
        return blocks.Upscale(self.upscale, dtype=self.dtype, convolve=self.convolve)(x)
