"""What the decoders are asked for."""

import dataclasses
import math

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What the decoders are asked for. The defaults are the original's plain L1."""

    l1: float = 1.0
    """Weight of the mean absolute error of the face."""
    dssim: float = 0.0
    """Weight of the structural dissimilarity of the face, (1 - SSIM) / 2."""
    masked: bool = False
    """Weight the face's part of the loss by the face mask, so that the background costs nothing."""
    eyes: float = 0.0
    """Weight added to the L1 inside the eyes."""
    mouth: float = 0.0
    """Weight added to the L1 inside the mouth."""
    mask: float = 1.0
    """Weight of the mask head's mean absolute error."""
    visible: float = 0.5
    """Weight of the visible head's cross entropy."""

    def __post_init__(self) -> None:
        for name in ("l1", "dssim", "eyes", "mouth", "mask", "visible"):
            weight = getattr(self, name)
            require(0 <= weight < math.inf, f"`{name}` must be >= 0 and finite, not {weight}.")
