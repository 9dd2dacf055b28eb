"""The face that a clip is about, followed through its frames."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from jaxswap.faces import finding, tracking

MIN_OVERLAP = 0.3  # of the boxes before and after, below which they are two people


class MainFace:
    """Follows one person, as conversion does; one who is gone for good is replaced by the next."""

    def __init__(self, wanted: int, *, max_gap_s: float, follow: bool = True):
        """Nobody is followed yet.

        Args:
            wanted: 0 is the largest face where the faces come in, 1 the next.
            max_gap_s: after so long without the person, the choice is made anew.
            follow: whether frames go on from each other; single pictures don't.
        """
        self._wanted, self._max_gap_s, self._follow = wanted, max_gap_s, follow
        self._tracker = tracking.Tracker(max_gap_s=max_gap_s)
        self._track: int | None = None
        self._seen_s = 0.0

    def pick(self, faces: Sequence[finding.Face], time_s: float) -> finding.Face | None:
        """The main face among those of the next frame; None if it is not there."""
        if not self._follow:
            return self._by_size(faces)
        tracks = self._tracker.update([face.detection for face in faces], time_s)
        if self._track is not None and time_s - self._seen_s > self._max_gap_s:
            self._track = None
        if self._track is None and (chosen := self._by_size(faces)) is not None:
            self._track = tracks[list(faces).index(chosen)]
        if self._track not in tracks:
            return None
        self._seen_s = time_s
        return faces[tracks.index(self._track)]

    def _by_size(self, faces: Sequence[finding.Face]) -> finding.Face | None:
        ranked = sorted(faces, key=lambda face: -face.detection.size)
        return ranked[self._wanted] if self._wanted < len(ranked) else None


def same_place(face: finding.Face, candidates: Sequence[finding.Face]) -> finding.Face | None:
    """The candidate whose box overlaps that of `face` most; None if none does by enough."""
    overlaps = [_overlap(face.detection.box, other.detection.box) for other in candidates]
    if not overlaps or max(overlaps) < MIN_OVERLAP:
        return None
    return candidates[int(np.argmax(overlaps))]


def _overlap(a: Float[np.ndarray, " 4"], b: Float[np.ndarray, " 4"]) -> float:
    """Intersection over union of two boxes."""
    common = np.prod(np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])))
    return float(common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common))
