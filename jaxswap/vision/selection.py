"""Whose faces are wanted: those of a number, of the main person, or all."""

import collections
from collections.abc import Sequence

from jaxswap import config
from jaxswap.vision import finding


class Picker:
    """Picks the wanted faces of each frame as it comes.

    The main person is the one with the largest face where faces come in, and stays it; after a
    while without that person the choice is made anew.
    """

    def __init__(self, wanted: config.Track, *, max_gap_s: float, moves: bool) -> None:
        """Nobody is followed yet.

        Args:
            wanted: a number, `main` or `all`.
            max_gap_s: after so long without the main person, the choice is made anew.
            moves: whether frames go on from each other; in single pictures the largest is `main`.
        """
        self._wanted = _settled(wanted, moves=moves)
        self._max_gap_s = max_gap_s
        self._followed: int | None = None
        self._seen_s = 0.0

    def pick(self, faces: Sequence[finding.Face], time_s: float) -> list[finding.Face]:
        """The wanted faces of a frame; frames must come in order.

        Args:
            faces: of the frame, numbered.
            time_s: of the frame.
        """
        if self._wanted == "all":
            return list(faces)
        if self._wanted != "main":
            return [face for face in faces if face.track == self._wanted]
        picked = [face for face in faces if face.track == self._followed]
        is_lost = self._followed is None or time_s - self._seen_s > self._max_gap_s
        if not picked and is_lost:
            picked = sorted(faces, key=lambda face: -face.detection.size)[:1]
        if picked:
            self._followed, self._seen_s = picked[0].track, time_s
        return picked


class Tally:
    """Counts the faces of whole footage, and tells at its end which tracks are wanted.

    The main track is the one with the largest faces over the longest time. Until the end it is the
    one that leads.
    """

    def __init__(self, wanted: config.Track, *, moves: bool) -> None:
        """Nothing is counted yet.

        Args:
            wanted: a number, `main` or `all`.
            moves: whether frames go on from each other; in single pictures the largest is `main`.
        """
        self._wanted = _settled(wanted, moves=moves)
        self._sizes: dict[int, float] = collections.defaultdict(float)
        self._leader: int | None = None

    def add(self, faces: Sequence[finding.Face]) -> None:
        """Count the faces of the next frame."""
        for face in faces:
            self._sizes[face.track] += face.detection.size
        grown = {face.track for face in faces}
        if self._leader is not None:
            grown.add(self._leader)
        self._leader = min(grown, key=lambda track: (-self._sizes[track], track), default=None)

    def wants(self, track: int) -> bool:
        """Whether a track is wanted, as far as that is known by now."""
        if self._wanted == "all":
            return True
        return track == (self._leader if self._wanted == "main" else self._wanted)


def _settled(wanted: config.Track, *, moves: bool) -> config.Track:
    return 0 if wanted == "main" and not moves else wanted
