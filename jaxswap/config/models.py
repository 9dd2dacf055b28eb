"""What the networks are: dataclasses that name the parts of a model and hold their numbers.

A class that is a choice among several, or will be, has a `kind`. Stored configurations carry it.
"""

import dataclasses
from typing import ClassVar, Literal, cast

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvEncoder:
    """Convolutions (5x5, stride 2), each halving the side."""

    kind: ClassVar[str] = "conv"

    features: tuple[int, ...] = (128, 256, 512, 1024)
    """Channels of the convolutions."""

    def __post_init__(self) -> None:
        _require_sizes(self, "features")
        require(len(self.features) > 0, "`features` of the encoder must be one number or more.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DenseInter:
    """Two dense layers and an upscale between the encoder and the decoders."""

    kind: ClassVar[str] = "dense"

    bottleneck: int = 1024
    """Units of the first dense layer."""
    features: int = 1024
    """Channels of the map into which the second dense layer is folded."""
    upscale: int = 512
    """Channels after the upscale."""

    def __post_init__(self) -> None:
        _require_sizes(self, "bottleneck", "features", "upscale")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decoder:
    """Upscales and a convolution that makes the picture, for each identity."""

    kind: ClassVar[str] = "decoder"

    features: tuple[int, ...] = (256, 128, 64)
    """Channels of the upscales, each doubling the side."""

    def __post_init__(self) -> None:
        _require_sizes(self, "features")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskHead:
    """A decoder of the mask, for each identity: the model learns the mask with the face."""

    kind: ClassVar[str] = "mask-head"

    features: tuple[int, ...] = (256, 128, 64)
    """Channels of the upscales."""
    own_encoder: bool = False
    """Decode the mask from the mask image, by an encoder and inter of its own, and not from the
    face's latent; conversion then draws that image from landmarks."""

    def __post_init__(self) -> None:
        _require_sizes(self, "features")


@dataclasses.dataclass(frozen=True, kw_only=True)
class VisibleHead:
    """Upscales that learn where the input shows the face and no hand; one for all identities."""

    kind: ClassVar[str] = "visible-head"

    features: tuple[int, ...] = (256, 128, 64)
    """Channels of the upscales: one number less than of the encoder's features."""

    def __post_init__(self) -> None:
        _require_sizes(self, "features")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharedInter:
    """One encoder and inter for all identities, a decoder for each; by default the original's."""

    kind: ClassVar[str] = "shared-inter"

    image_size: int = 64
    """Side in pixels of what the network sees."""
    encoder: ConvEncoder = dataclasses.field(default_factory=ConvEncoder)
    inter: DenseInter = dataclasses.field(default_factory=DenseInter)
    decoder: Decoder = dataclasses.field(default_factory=Decoder)
    mask: MaskHead | None = None
    visible: VisibleHead | None = None
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the computation; parameters are float32 always."""
    precision: Literal["fast", "exact"] = "fast"
    """fast: on CPU, Winograd's convolution for the layers where it is faster; it errs by up to 3e-5
    of the largest value, where exact errs by 2e-6. TPU and GPU do the same either way."""

    def __post_init__(self) -> None:
        halvings = len(self.encoder.features)
        require(
            self.image_size > 0 and self.image_size % 2**halvings == 0,
            f"`image_size` {self.image_size} must be a multiple of {2**halvings}, since the "
            f"encoder halves it {halvings} times.",
        )
        for name, part in (("decoder", self.decoder), ("mask", self.mask)):
            if part is not None:
                output = self.latent_size * 2 * 2 ** len(part.features)
                require(
                    output == self.image_size,
                    f"`{name}.features` of {len(part.features)} upscales makes {output} px, not "
                    f"`image_size` {self.image_size}.",
                )
        require(
            self.visible is None or len(self.visible.features) == halvings - 1,
            f"`visible.features` must be {halvings - 1} numbers, one less than `encoder.features`.",
        )

    @property
    def latent_size(self) -> int:
        """Side of the map after the encoder."""
        return self.image_size // 2 ** len(self.encoder.features)


Model = SharedInter
"""How the parts of a model may be joined."""


def _require_sizes(part: object, *names: str) -> None:
    """Refuse numbers below 1."""
    for name in names:
        value = getattr(part, name)
        sizes = cast(tuple[int, ...], value if isinstance(value, tuple) else (value,))
        require(
            all(size >= 1 for size in sizes),
            f"`{name}` of {type(part).__name__} must be 1 or more, not {value}.",
        )
