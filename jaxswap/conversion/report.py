"""What a conversion did."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class SwapReport:
    """What was done to one person."""

    person: str
    """Who, as they were named."""
    identity: str
    """Whose face was put on."""
    frames: int
    """Frames or images in which it was."""
    faces: int
    """Faces that changed; more than frames where everybody's does."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConversionReport:
    """What was done."""

    frames: int
    """Frames or images written."""
    swapped: int
    """Those in which a face changed."""
    swaps: tuple[SwapReport, ...]
    """The same by person, in the order in which they were asked for."""
    notices: tuple[str, ...]
    """What was left out, changed or not read, a line each."""
    seconds: float
    """How long it took."""
    start_s: float
    """How much of that went by before the first frame was written: loading and compiling."""
    stage_s: Mapping[str, float]
    """Seconds of each stage's own work on a frame, in order; what several threads share is divided
    by their number, so that 1 / the largest is the rate that the stages could reach."""

    @property
    def slowest(self) -> str:
        """The stage that the others wait for."""
        return max(self.stage_s, key=self.stage_s.__getitem__)
