"""Faces through time: which box of this frame is which of the frames before."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from jaxswap.faces import detection

MAX_STEP = 0.6  # how far a face may jump between frames, in sides of its box
MAX_GROWTH = 1.6  # how much its box may grow or shrink


@dataclasses.dataclass
class _Track:
    track_id: int
    box: Float[np.ndarray, " 4"]
    time_s: float


class Tracker:
    """Gives each detection the number of its track, frame by frame.

    A detection goes on with the nearest track whose box is near and of like size; pairs are formed
    from the nearest on. A track that is lost for longer than `max_gap_s` ends.
    """

    def __init__(self, *, max_gap_s: float):
        self._max_gap_s = max_gap_s
        self._tracks: list[_Track] = []
        self._next_id = 0

    def update(self, detections: Sequence[detection.Detection], time_s: float) -> list[int]:
        """Track numbers of this frame's detections, in their order; times must not fall."""
        self._tracks = [t for t in self._tracks if time_s - t.time_s <= self._max_gap_s]
        pairs = sorted(
            (distance, i, j)
            for i, found in enumerate(detections)
            for j, track in enumerate(self._tracks)
            if (distance := _distance(track.box, found.box)) is not None
        )
        numbers: dict[int, int] = {}
        taken: set[int] = set()
        for _, i, j in pairs:
            if i in numbers or j in taken:
                continue
            taken.add(j)
            track = self._tracks[j]
            track.box, track.time_s = detections[i].box, time_s
            numbers[i] = track.track_id
        for i, found in enumerate(detections):
            if i not in numbers:
                self._tracks.append(_Track(self._next_id, found.box, time_s))
                numbers[i] = self._next_id
                self._next_id += 1
        return [numbers[i] for i in range(len(detections))]


def _distance(before: Float[np.ndarray, " 4"], after: Float[np.ndarray, " 4"]) -> float | None:
    """Distance of the centres in sides of the larger box; None if it cannot be the same face."""
    sides = [float(np.sqrt(max(1.0, np.prod(box[2:] - box[:2])))) for box in (before, after)]
    if max(sides) > MAX_GROWTH * min(sides):
        return None
    centres = [(box[:2] + box[2:]) / 2 for box in (before, after)]
    distance = float(np.linalg.norm(centres[0] - centres[1])) / max(sides)
    return distance if distance <= MAX_STEP else None
