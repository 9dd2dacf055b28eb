"""How faces are found in frames, and become a faceset."""

import dataclasses
import math
from typing import Literal

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class FacesConfig:
    """How faces are found in frames."""

    detector: Literal["mtcnn", "mtcnn-tf"] = "mtcnn"
    """mtcnn: the nets in Flax. mtcnn-tf: the mtcnn package's own, on TensorFlow (an extra)."""
    min_score: float = 0.9
    """Detections below this confidence in [0, 1] are dropped."""
    min_face_px: int | Literal["auto"] = "auto"
    """Side of the smallest face that is looked for, in pixels of the frame; auto: a fifteenth of
    the frame's shorter side, but at least 20."""
    detect_every: int = 10
    """Faces of a video are detected on every n-th frame and followed between; 1 detects on each."""
    batch_size: int = 8
    """Frames that are held together for the detector."""
    max_gap_s: float = 1.0
    """A face that is lost for longer, in seconds, starts a new track."""

    def __post_init__(self) -> None:
        require(0 <= self.min_score <= 1, f"`min_score` must be in [0, 1], not {self.min_score}.")
        require(
            self.min_face_px == "auto" or self.min_face_px >= 12,
            f"`min_face_px` must be auto or >= 12, not {self.min_face_px}.",
        )
        require(self.detect_every >= 1, f"`detect_every` must be >= 1, not {self.detect_every}.")
        require(self.batch_size >= 1, f"`batch_size` must be >= 1, not {self.batch_size}.")
        require(
            0 <= self.max_gap_s < math.inf,
            f"`max_gap_s` must be >= 0 and finite, not {self.max_gap_s}.",
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractConfig:
    """How footage becomes a faceset."""

    chip_size: int = 256
    """Side of a chip in pixels."""
    every: int = 1
    """Take every n-th frame."""
    track: int | Literal["all"] = 0
    """Which person: 0 is the track with the largest faces over the longest time, 1 the next, or
    all of them."""

    def __post_init__(self) -> None:
        require(
            32 <= self.chip_size <= 2048, f"`chip_size` must be in 32..2048, not {self.chip_size}."
        )
        require(self.every >= 1, f"`every` must be >= 1, not {self.every}.")
        require(self.track == "all" or self.track >= 0, f"`track` must be >= 0, not {self.track}.")
