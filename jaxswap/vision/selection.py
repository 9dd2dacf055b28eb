"""Which of a frame's faces are the wanted person's."""

from collections.abc import Sequence
from typing import Literal

from jaxswap.vision import detection, tracking


class Selection:
    """Follows one person through a video, or picks by size in each picture, or takes all."""

    def __init__(
        self, wanted: int | Literal["all"], *, max_gap_s: float, follow: bool = True
    ) -> None:
        """Nobody is followed yet.

        Args:
            wanted: 0 is the largest face where the faces come in, 1 the next, or all of them.
            max_gap_s: after so long without the person, the choice is made anew.
            follow: whether frames go on from each other; single pictures don't.
        """
        self._wanted, self._max_gap_s, self._follow = wanted, max_gap_s, follow
        self._tracker = tracking.Tracker(max_gap_s=max_gap_s)
        self._followed: int | None = None
        self._seen_s = 0.0

    def pick(self, detections: Sequence[detection.Detection], time_s: float) -> list[int]:
        """Positions of the wanted detections; frames must come in order.

        Args:
            detections: of one frame.
            time_s: of the frame.
        """
        if self._wanted == "all":
            return list(range(len(detections)))
        if not self._follow:
            return self._by_size(detections)
        tracks = self._tracker.update(detections, time_s)
        if self._followed is not None and self._followed not in tracks:
            if time_s - self._seen_s <= self._max_gap_s:
                return []
            self._followed = None
        if self._followed is None:
            chosen = self._by_size(detections)
            if not chosen:
                return []
            self._followed = tracks[chosen[0]]
        self._seen_s = time_s
        return [tracks.index(self._followed)]

    def _by_size(self, detections: Sequence[detection.Detection]) -> list[int]:
        order = sorted(range(len(detections)), key=lambda i: (-detections[i].size, i))
        return order[self._wanted : self._wanted + 1]
