"""Faces through time: which box of this frame is which of the frames before."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from jaxswap.vision import detection

MIN_REACH, MAX_REACH = 0.6, 1.2  # how far a face may be from where it was, in sides of its box
REACH_PER_S = 2.5  # how the one becomes the other while it is not seen
MAX_GROWTH = 1.6  # how much its box may grow or shrink
COASTING_S = 0.25  # how long a lost face is expected to move on as it did


@dataclasses.dataclass
class _Track:
    """`centre` and `side` in pixels, `velocity` of the centre in pixels per second."""

    number: int
    centre: Float[np.ndarray, " 2"]
    side: float
    time_s: float
    velocity: Float[np.ndarray, " 2"]
    seen_at: int


class Tracker:
    """Gives each detection the number of its track, frame by frame.

    A detection goes on with the track that is expected nearest to it, if that is near enough and of
    like size; pairs are formed from the nearest on. A track that is lost for longer than
    `max_gap_s` ends; one that was in the frame just before goes on, however slow the frames come.
    """

    def __init__(self, *, max_gap_s: float):
        self._max_gap_s = max_gap_s
        self._tracks: list[_Track] = []
        self._next_number = 0
        self._updates = 0

    def update(self, detections: Sequence[detection.Detection], time_s: float) -> list[int]:
        """Track numbers of this frame's detections, in their order; times must not fall."""
        self._tracks = [
            track
            for track in self._tracks
            if time_s - track.time_s <= self._max_gap_s or track.seen_at == self._updates
        ]
        self._updates += 1
        matched = self._match(detections, time_s)
        for index, found in enumerate(detections):
            if index in matched:
                self._go_on(matched[index], found, time_s)
            else:
                matched[index] = self._start(found, time_s)
        return [matched[index].number for index in range(len(detections))]

    def _match(self, detections: Sequence[detection.Detection], time_s: float) -> dict[int, _Track]:
        pairs = sorted(
            (distance, i, j)
            for i, found in enumerate(detections)
            for j, track in enumerate(self._tracks)
            if (distance := _distance(track, found, time_s)) is not None
        )
        matched: dict[int, _Track] = {}
        taken: set[int] = set()
        for _, i, j in pairs:
            if i not in matched and j not in taken:
                matched[i] = self._tracks[j]
                taken.add(j)
        return matched

    def _start(self, found: detection.Detection, time_s: float) -> _Track:
        centre, side = _place(found)
        track = _Track(self._next_number, centre, side, time_s, np.zeros(2), self._updates)
        self._tracks.append(track)
        self._next_number += 1
        return track

    def _go_on(self, track: _Track, found: detection.Detection, time_s: float) -> None:
        centre, side = _place(found)
        elapsed = time_s - track.time_s
        if elapsed > 0:  # half of the old one, since boxes jitter
            track.velocity = 0.5 * track.velocity + 0.5 * (centre - track.centre) / elapsed
        track.centre, track.side = centre, side
        track.time_s, track.seen_at = time_s, self._updates


def _place(found: detection.Detection) -> tuple[Float[np.ndarray, " 2"], float]:
    box = found.box.astype(np.float64)
    width, height = np.maximum(box[2:] - box[:2], 1.0)
    return (box[:2] + box[2:]) / 2, math.sqrt(width * height)


def _distance(track: _Track, found: detection.Detection, time_s: float) -> float | None:
    """From where the track is expected, in sides of the larger box; None if it is another face."""
    centre, side = _place(found)
    small, large = sorted((side, track.side))
    if large > MAX_GROWTH * small:
        return None
    elapsed = max(0.0, time_s - track.time_s)
    expected = track.centre + track.velocity * min(elapsed, COASTING_S)
    distance = float(np.linalg.norm(centre - expected)) / large
    step = float(np.linalg.norm(centre - track.centre)) / large  # heads stop and turn back, too
    reach = min(MIN_REACH + REACH_PER_S * elapsed, MAX_REACH)
    return distance if min(distance, step) <= reach else None
