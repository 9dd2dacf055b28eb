"""What a detection is, and what a detector."""

import dataclasses
from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

FrameU8 = UInt8[np.ndarray, "_ _ 3"]
"""RGB, one of several frames that may differ in size."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Detection:
    """One found face.

    Attributes:
        box: (x0, y0, x1, y1) in pixels of the frame; x1 and y1 are exclusive.
        score: confidence in [0, 1].
        landmarks: left eye, right eye, nose, mouth left, mouth right (image-left first), (x, y).
    """

    box: Float[np.ndarray, " 4"]
    score: float
    landmarks: Float[np.ndarray, "5 2"]

    @property
    def size(self) -> float:
        """The longer side of the box in pixels."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@runtime_checkable
class Detector(Protocol):
    """Finds the faces of frames."""

    def detect(self, frames_u8: Sequence[FrameU8]) -> list[list[Detection]]:
        """The faces of each frame, best first; frames may differ in size."""
        ...


def smallest_px(min_face_px: int | Literal["auto"], frame_u8: FrameU8) -> int:
    """Side in pixels of the smallest face that is looked for in a frame.

    "auto" is a fifteenth of the frame's shorter side, but at least 20: the face of somebody who
    stands in the picture from head to foot is twice as large.
    """
    return max(20, min(frame_u8.shape[:2]) // 15) if min_face_px == "auto" else min_face_px
