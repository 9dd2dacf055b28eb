"""Steady faces: numbered by track, there through short losses, and without the jitter of meshes.

Frames are held until what comes after them is known, so nothing lags. What is smoothed is where a
face is, how large and how turned, since a picture cut or painted by jittering numbers swims. How
its points lie in the face stays as it was found, since a blink is faster than any noise.
"""

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float

from jaxswap import footage, geometry
from jaxswap.faces import alignment, finding, landmarks, smoothing, tracking

SIGMA_S = 0.08
"""Deviation in seconds of the smoothing. On the clips this leaves a fifth to a third of the jitter,
and what is taken away is noise: it has no correlation from frame to frame."""

LIMIT = 0.02
"""The most that smoothing moves a face, in sides of the chip, turns it, in radians, or makes it
larger, as a share: four times the most that noise is. A jump at a cut must not become a glide."""

AHEAD_S = 0.4
"""How long frames are held: a shorter loss is filled."""

MAX_AHEAD = 12
"""Frames that are held at most: they take memory."""

Found = tuple[footage.Frame, list[finding.Face]]


def steady(
    found: Iterable[Found], *, finder: finding.FaceFinder, max_gap_s: float, follow: bool
) -> Iterator[Found]:
    """Each frame with its faces, steadied, in order.

    A face that is missing between two sightings of its track is looked for where it would be if it
    moved evenly; if it is not to be seen there at all, the frame stays without it.

    Args:
        found: frames with their faces, in the order of their times.
        finder: looks for faces that are missing.
        max_gap_s: a track that is lost for longer, in seconds, ends.
        follow: whether frames go on from each other; single pictures don't, and each of their
            faces has a track of its own.
    """
    if not follow:
        numbers = itertools.count()
        for frame, faces in found:
            yield frame, [dataclasses.replace(face, track=next(numbers)) for face in faces]
        return
    window = _Window(finder)
    tracker = tracking.Tracker(max_gap_s=max_gap_s)
    for frame, faces in found:
        tracks = tracker.update([face.detection for face in faces], frame.time_s)
        window.add(
            frame,
            [
                dataclasses.replace(face, track=track)
                for face, track in zip(faces, tracks, strict=True)
            ],
        )
        while window.is_full:
            yield window.pop()
    while window:
        yield window.pop()


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Sighting:
    """Where a face was at a time: x, y of the chip's centre, log of its side, angle."""

    time_s: float
    place: Float[np.ndarray, " 4"]


class _Window:
    """Frames whose future is not known yet, and where the faces of all tracks were and will be."""

    def __init__(self, finder: finding.FaceFinder):
        self._finder = finder
        self._held: collections.deque[Found] = collections.deque()
        self._courses: dict[int, list[_Sighting]] = {}
        self._last: dict[int, tuple[int, float, finding.Face]] = {}
        self._added = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def is_full(self) -> bool:
        """Whether enough is known to let the first frame go."""
        first, last = self._held[0][0], self._held[-1][0]
        return len(self._held) > MAX_AHEAD or last.time_s - first.time_s > AHEAD_S

    def add(self, frame: footage.Frame, faces: list[finding.Face]) -> None:
        """Take the next frame."""
        self._held.append((frame, faces))
        for face in faces:
            self._fill(frame, face)
            self._know(frame.time_s, face)
            self._last[face.track] = (self._added, frame.time_s, face)
        self._added += 1

    def pop(self) -> Found:
        """The first frame, with what is known by now."""
        frame, faces = self._held.popleft()
        steadied = [self._steadied(frame.time_s, face) for face in faces]
        self._forget(frame.time_s)
        return frame, steadied

    def _fill(self, frame: footage.Frame, face: finding.Face) -> None:
        """Add a face that is back to the frames in which it was lost, if they are all held."""
        position, time_s, before = self._last.get(face.track, (self._added, 0.0, face))
        missed = self._added - position - 1
        if not 0 < missed < len(self._held):
            return
        for lost, faces in itertools.islice(self._held, len(self._held) - 1 - missed, None):
            if lost is frame:
                return
            share = (lost.time_s - time_s) / max(frame.time_s - time_s, 1e-9)
            expected = before.landmarks_468 + share * (face.landmarks_468 - before.landmarks_468)
            points, score = self._finder.follow(lost, expected.astype(np.float32))
            if score >= landmarks.MIN_SCORE:
                between = dataclasses.replace(
                    _moved(before, points), landmarks_468=points, mesh_score=score
                )
                faces.append(between)
                self._know(lost.time_s, between)

    def _know(self, time_s: float, face: finding.Face) -> None:
        course = self._courses.setdefault(face.track, [])
        place = _place(face.landmarks_468)
        if course:  # an angle goes on from the one before, not from -180 degrees
            turns = np.round((place[3] - course[-1].place[3]) / (2 * np.pi))
            place[3] -= 2 * np.pi * turns
        if not course or time_s > course[-1].time_s:
            course.append(_Sighting(time_s=time_s, place=place))

    def _steadied(self, time_s: float, face: finding.Face) -> finding.Face:
        course = self._courses[face.track]
        times = np.array([sighting.time_s for sighting in course])
        here = int(np.searchsorted(times, time_s))
        if here == len(course) or times[here] != time_s:
            return face  # a second frame of one time
        places = np.stack([sighting.place for sighting in course])
        smooth = smoothing.weights(times, time_s, sigma_s=SIGMA_S) @ places
        steadier = _toward(places[here], smooth)
        frame_from_frame = geometry.compose(
            _frame_from_chip(steadier), geometry.invert(_frame_from_chip(places[here]))
        )
        return dataclasses.replace(
            face, landmarks_468=geometry.apply(frame_from_frame, face.landmarks_468)
        )

    def _forget(self, time_s: float) -> None:
        """Let go of what no later frame needs."""
        for track in list(self._courses):
            kept = [
                sighting
                for sighting in self._courses[track]
                if sighting.time_s > time_s - smoothing.REACH * SIGMA_S
            ]
            if kept:
                self._courses[track] = kept
            else:
                del self._courses[track]
        for track, (_, seen_s, _) in list(self._last.items()):
            if seen_s < time_s - AHEAD_S and track not in self._courses:
                del self._last[track]


def _place(points: Float[np.ndarray, "468 2"]) -> Float[np.ndarray, " 4"]:
    matrix = geometry.invert(alignment.chip_from_frame(points, chip_size=1))
    x, y = matrix[:, 2]
    return np.array(
        [x, y, np.log(geometry.scale_of(matrix)), np.arctan2(matrix[1, 0], matrix[0, 0])]
    )


def _frame_from_chip(place: Float[np.ndarray, " 4"]) -> Float[np.ndarray, "2 3"]:
    x, y, log_side, angle = place
    cos, sin = np.exp(log_side) * np.cos(angle), np.exp(log_side) * np.sin(angle)
    return np.array([[cos, -sin, x], [sin, cos, y]])


def _toward(found: Float[np.ndarray, " 4"], smooth: Float[np.ndarray, " 4"]) -> np.ndarray:
    """The smooth place, as far from the found one as `LIMIT` allows."""
    change = smooth - found
    side = np.exp(found[2])
    sizes = [np.linalg.norm(change[:2]) / side, *np.abs(change[2:])]
    shares = [min(1.0, LIMIT / max(size, 1e-12)) for size in sizes]
    return found + change * np.array([shares[0], *shares])


def _moved(face: finding.Face, points: Float[np.ndarray, "468 2"]) -> finding.Face:
    """A face whose box has moved as its mesh has."""
    matrix = geometry.estimate_similarity(face.landmarks_468, points)
    found = face.detection
    centre = geometry.apply(matrix, (found.box[:2] + found.box[2:]) / 2)
    half = (found.box[2:] - found.box[:2]) / 2 * geometry.scale_of(matrix)
    moved = dataclasses.replace(
        found,
        box=np.concatenate([centre - half, centre + half]).astype(np.float32),
        landmarks=geometry.apply(matrix, found.landmarks),
    )
    return dataclasses.replace(face, detection=moved)
