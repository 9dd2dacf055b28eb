"""How footage is cut for many workers."""

import dataclasses

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScaleConfig:
    """How footage is cut for many workers."""

    segment_s: float = 60.0
    """Length in seconds of the segments, each of which one worker does."""
    context_s: float = 2.0
    """What a worker reads before and after its segment, in seconds."""

    def __post_init__(self) -> None:
        require(
            0.5 <= self.segment_s <= 3600,
            f"`segment_s` must be in 0.5..3600, not {self.segment_s}.",
        )
        require(0 <= self.context_s <= 60, f"`context_s` must be in 0..60, not {self.context_s}.")
