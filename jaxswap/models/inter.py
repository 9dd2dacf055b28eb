"""The inter: the dense bottleneck between the encoder and the decoders, one for all identities."""

import flax.linen as nn
from jaxtyping import Array, Float

from jaxswap.models import blocks, convolution


class Inter(nn.Module):
    """Two dense layers without activation and an upscale, as the original has them."""

    bottleneck_features: int
    """Units of the first dense layer."""
    features: int
    """Channels of the map that the second dense layer is folded into."""
    upscale_features: int
    """Channels of the latent."""
    dtype: str = "float32"
    precision: convolution.Precision = "default"

    @nn.compact
    def __call__(self, x: Float[Array, "n h w c"]) -> Float[Array, "n dh dw f"]:
        """The latent: twice the side of the encoder's map."""
        n, h, w, _ = x.shape
        dense = {
            "kernel_init": nn.initializers.glorot_uniform(),
            "dtype": self.dtype,
        }
        x = nn.Dense(self.bottleneck_features, **dense)(x.reshape(n, -1))
        x = nn.Dense(h * w * self.features, **dense)(x)
        x = x.reshape(n, h, w, self.features)
        return blocks.Upscale(self.upscale_features, dtype=self.dtype, precision=self.precision)(x)
