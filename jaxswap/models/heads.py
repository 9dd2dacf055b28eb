"""Where the face of an image is seen: not background, and not behind a hand."""

from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import blocks


class VisibleHead(nn.Module):
    """One for all identities: it judges the image that is there, not the face that is made of it.

    A finger is too small for the bottleneck to remember, so each upscale is joined with the
    encoder's map of that size, and the last with the image.

    Reference: Ronneberger et al. 2015, https://doi.org/10.1007/978-3-319-24574-4_28
    """

    features: tuple[int, ...]
    dtype: str = "float32"
    """Type of the upscales; the picture is float32."""
    convolve: blocks.Convolve = lax.conv_general_dilated

    @nn.compact
    def __call__(
        self, images: Float[Array, "n h w 3"], maps: Sequence[Float[Array, "n _mh _mw _mc"]]
    ) -> Float[Array, "n h w 1"]:
        """1 where the face is seen, else 0.

        Args:
            images: in [0, 1].
            maps: of the encoder, from the finest; the last, coarsest one is not read.
        """
        *finer, x = maps[:-1]
        for features, known in zip(self.features, [*reversed(finer), images], strict=True):
            x = blocks.Upscale(features, dtype=self.dtype, convolve=self.convolve)(x)
            x = jnp.concatenate([x, known.astype(x.dtype)], axis=-1)
        x = blocks.conv(1, 5, dtype="float32", convolve=self.convolve)(x)
        return nn.sigmoid(x)
