"""Every random change before the network."""

import dataclasses
import math

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """Every random change before the network. Lengths are shares of the chip's side."""

    coverage: float = 0.625
    """Share of the chip's side that the network sees: 160 of 256 px in 2017."""
    rotation_deg: float = 10.0
    """Rotation, uniform in [-r, r] degrees."""
    zoom: float = 0.05
    """Scale, uniform in [1 - z, 1 + z]."""
    shift: float = 0.05
    """Shift along each axis, uniform in [-s, s] of the side."""
    flip: float = 0.4
    """Probability of a mirror image."""
    warp: float = 5 / 256
    """Standard deviation of the 5x5 grid's displacements: 5 of 256 px in 2017."""
    occlusion: float = 0.0
    """Probability that something is painted before the face, like the fingers of a hand, for the
    visible head to learn what is not face."""

    def __post_init__(self) -> None:
        require(0 < self.coverage <= 1, f"`coverage` must be in (0, 1], not {self.coverage}.")
        require(0 <= self.zoom < 1, f"`zoom` must be in [0, 1), not {self.zoom}.")
        for name in ("rotation_deg", "shift", "warp"):
            reach = getattr(self, name)
            require(0 <= reach < math.inf, f"`{name}` must be >= 0 and finite, not {reach}.")
        for name in ("flip", "occlusion"):
            share = getattr(self, name)
            require(0 <= share <= 1, f"`{name}` must be in [0, 1], not {share}.")
