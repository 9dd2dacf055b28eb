"""What the networks are."""

import dataclasses
from typing import Literal

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The autoencoder. The defaults are the original of 2017."""

    image_size: int = 64
    """Side in pixels of what the network sees."""
    encoder_features: tuple[int, ...] = (128, 256, 512, 1024)
    """Channels of the encoder's convolutions (5x5, stride 2), each halving the side."""
    bottleneck_features: int = 1024
    """Units of the first dense layer of the inter."""
    inter_features: int = 1024
    """Channels of the map into which the second dense layer is folded."""
    inter_upscale_features: int = 512
    """Channels after the inter's upscale."""
    decoder_features: tuple[int, ...] = (256, 128, 64)
    """Channels of each decoder's upscales, each doubling the side."""
    mask_head: bool = False
    """Learn the mask with the face."""
    mask_features: tuple[int, ...] = (256, 128, 64)
    """Channels of the mask head's upscales."""
    mask_encoder: Literal["shared", "separate"] = "shared"
    """shared: the mask is decoded from the face's latent. separate: from the mask image, by an
    encoder and inter of its own; conversion then draws that image from landmarks."""
    visible_features: tuple[int, ...] = ()
    """Channels of the upscales of a head that learns, for all identities, where the face of the
    input is seen and not hidden by a hand: one less than of `encoder_features`, or none for no
    such head."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the computation; parameters are float32 always."""
    precision: Literal["default", "fast"] = "default"
    """fast: on CPU, Winograd's convolution for the layers where it is faster; it errs by up to 3e-5
    of the largest value, not 2e-6. TPU and GPU do the same either way."""

    def __post_init__(self) -> None:
        require(
            self.image_size % 2 ** len(self.encoder_features) == 0,
            f"`image_size` {self.image_size} must be a multiple of "
            f"{2 ** len(self.encoder_features)}, since the encoder halves it "
            f"{len(self.encoder_features)} times.",
        )
        for name in ("decoder_features", "mask_features"):
            output = self.latent_size * 2 * 2 ** len(getattr(self, name))
            require(
                output == self.image_size,
                f"`{name}` of {len(getattr(self, name))} upscales makes {output} px, not "
                f"`image_size` {self.image_size}.",
            )

        require(
            len(self.visible_features) in (0, len(self.encoder_features) - 1),
            f"`visible_features` must be {len(self.encoder_features) - 1} numbers or none, not "
            f"{len(self.visible_features)}.",
        )

    @property
    def latent_size(self) -> int:
        """Side of the map after the encoder."""
        return self.image_size // 2 ** len(self.encoder_features)
