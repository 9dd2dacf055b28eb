"""Steady faces: numbered by track, there through short losses, and without the jitter of meshes.

Frames are held until what comes after them is known, so nothing lags. What is smoothed is how large
and how turned a face is, since a picture cut or painted by jittering numbers swims. Where it is
stays as it was found: little of its jitter is noise, most is a head or a camera that shakes. How
its points lie in the face stays, too, since a blink is quicker than any noise.
"""

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float

from jaxswap import footage, geometry
from jaxswap.vision import alignment, boxes, finding, following, landmarks, smoothing, tracking

SIGMA_S = 0.08
"""Deviation in seconds of the smoothing. Held against the optical flow of the skin, less leaves
noise and more takes away motion (`python -m benchmarks steady`)."""

LIMIT = 0.02
"""The most that smoothing turns a face, in radians, or makes it larger, as a share: twice the
most that it did on the clips. A jump at a cut must not become a glide."""

AHEAD_S = 0.4
"""How long frames are held: a shorter loss is filled."""

MAX_AHEAD = 12
"""Frames that are held at most: they take memory."""


def steady(
    found: Iterable[finding.FrameFaces], *, finder: finding.FaceFinder, max_gap_s: float
) -> Iterator[finding.FrameFaces]:
    """Each frame of a video with its faces, steadied, in order.

    A face that is missing between two frames of its track is looked for where it would be if it
    moved evenly. If it is not to be seen there, or is hidden by another face, the frame stays
    without it.

    Args:
        found: frames with their faces, in the order of their times.
        finder: looks for faces that are missing.
        max_gap_s: a track that is lost for longer, in seconds, ends.
    """
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
class _Pose:
    """How large and how turned a face was at a time: log of the chip's side, angle in radians."""

    time_s: float
    values: Float[np.ndarray, " 2"]


class _Window:
    """Frames whose future is not known yet, and how the faces of all tracks were and will be."""

    def __init__(self, finder: finding.FaceFinder):
        self._finder = finder
        self._held: collections.deque[finding.FrameFaces] = collections.deque()
        self._courses: dict[int, list[_Pose]] = {}
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

    def pop(self) -> finding.FrameFaces:
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
            between = dataclasses.replace(
                _moved(before, points), landmarks_468=points, mesh_score=score
            )
            if score >= landmarks.MIN_SCORE and not _hidden(between, faces):
                faces.append(between)
                self._know(lost.time_s, between)

    def _know(self, time_s: float, face: finding.Face) -> None:
        course = self._courses.setdefault(face.track, [])
        pose = _pose(_frame_from_chip(face))
        if course:  # an angle goes on from the one before, not from -180 degrees
            turns = np.round((pose[1] - course[-1].values[1]) / (2 * np.pi))
            pose[1] -= 2 * np.pi * turns
        if not course or time_s > course[-1].time_s:
            course.append(_Pose(time_s=time_s, values=pose))

    def _steadied(self, time_s: float, face: finding.Face) -> finding.Face:
        course = self._courses[face.track]
        times = np.array([pose.time_s for pose in course])
        here = int(np.searchsorted(times, time_s))
        if here == len(course) or times[here] != time_s:
            return face  # a second frame of one time
        poses = np.stack([pose.values for pose in course])
        smooth = smoothing.weights(times, time_s, sigma_s=SIGMA_S) @ poses
        change = (smooth - poses[here]).clip(-LIMIT, LIMIT)
        steady_from_found = _about(_frame_from_chip(face)[:, 2], change)
        return dataclasses.replace(
            face,
            landmarks_468=geometry.apply(steady_from_found, face.landmarks_468),
        )

    def _forget(self, time_s: float) -> None:
        """Let go of what no later frame needs."""
        for track in list(self._courses):
            kept = [
                pose
                for pose in self._courses[track]
                if pose.time_s > time_s - smoothing.REACH * SIGMA_S
            ]
            if kept:
                self._courses[track] = kept
            else:
                del self._courses[track]
        for track, (_, seen_s, _) in list(self._last.items()):
            if seen_s < time_s - AHEAD_S and track not in self._courses:
                del self._last[track]


def _frame_from_chip(face: finding.Face) -> Float[np.ndarray, "2 3"]:
    """From a chip of one pixel, so its shift is where the chip's centre is in the frame."""
    return geometry.invert(alignment.chip_from_frame(face.landmarks_468, chip_size=1))


def _pose(matrix: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, " 2"]:
    angle = np.arctan2(matrix[1, 0], matrix[0, 0])
    return np.array([np.log(geometry.scale_of(matrix)), angle])


def _about(
    centre: Float[np.ndarray, " 2"], change: Float[np.ndarray, " 2"]
) -> Float[np.ndarray, "2 3"]:
    """The similarity that grows by the log of a scale, turns by an angle and keeps the centre."""
    scale, angle = np.exp(change[0]), change[1]
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.concatenate([linear, (centre - linear @ centre)[:, None]], axis=1)


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


def _hidden(face: finding.Face, others: list[finding.Face]) -> bool:
    """Whether the mesh lies on another face of the frame, so that one would be painted twice."""
    box = face.detection.box[None]
    taken = np.array([other.detection.box for other in others], np.float32).reshape(-1, 4)
    return bool((boxes.overlaps(box, taken) >= following.SAME_OVERLAP).any())
