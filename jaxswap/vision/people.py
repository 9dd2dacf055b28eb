"""Who is who in footage, by the number of a track or by dlib's descriptor.

A track is described where it begins and about once a second from then on, and compared by the mean
of what was seen. The first frames of a track wait a moment for that, so that none is lost. In one
frame nobody is there twice: of two faces the nearer one is the person. A face that is taken for
somebody stays so until another fits clearly better. After a cut another face may be where one was,
and the track goes on with it: there it is looked at anew.
"""

import collections
import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap import config, errors, footage, types
from jaxswap.vision import alignment, chips, descriptor, finding

AHEAD = 10  # frames that wait for what comes after them
FIRST_TIMES, FIRST_STEP_S = 3, 0.15  # a face is described so often, so quickly, while frames wait
STEP_S = 1.0  # between the times after these
MEMORY = 5  # descriptions that the mean reaches back
MARGIN = 0.1  # by how much another person must fit better before a face changes
FORGOTTEN_S = 60.0  # after which a track that was not seen is none any more
LOOK_SIZE = 24  # side in pixels of the face that is compared with the frame before
SAME_LOOK = 0.8  # correlation; 0.96 is the least between frames of one face, 0.55 the most of two
LONGEST_NAME = 64  # characters of a file's name
CLEARLY_LARGEST = 2.0  # times the side of the next face: then a picture shows whom it is about


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """Somebody in footage, who is named by a track or by examples, or chosen by the options.

    Attributes:
        name: for people to read.
        track: `finding.Face.track`.
        examples: descriptors of pictures.
    """

    name: str
    track: int | None = None
    examples: descriptor.Descriptors | None = None

    @property
    def is_named(self) -> bool:
        """Whether the footage itself tells who it is, by track or examples."""
        return self.track is not None or self.examples is not None


Recognised = tuple[footage.Frame, list[finding.Face], list[int | None]]
"""A frame, its faces, and for each the position of the person it is; None for anybody else."""


class Recogniser:
    """Finds people in footage. Not to be shared between threads.

    What it finds depends on the frames and faces alone.
    """

    def __init__(self, people: Sequence[Person], *, follow: bool) -> None:
        """Nobody was seen yet.

        Args:
            people: to be found.
            follow: whether frames go on from each other; single pictures don't.

        Raises:
            MissingExtraError: if somebody has examples and dlib is not installed.
        """
        self._people = people
        self._by_example = any(person.examples is not None for person in people)
        self._describer = descriptor.Describer() if self._by_example else None
        self._follow = follow
        self._ahead = AHEAD if follow and self._by_example else 0
        self._tracks: dict[int, _Track] = {}
        self.nearest: list[float | None] = [None] * len(people)
        """The least distance of any face to each person that has examples."""

    def recognised(self, seen: Iterable[finding.FrameFaces]) -> Iterator[Recognised]:
        """Each frame with its faces and who they are; a few frames are held."""
        held: collections.deque[tuple[footage.Frame, list[finding.Face], list[_Track]]]
        held = collections.deque()
        for frame, faces in seen:
            self._forget(frame.time_s)
            held.append((frame, faces, [self._seen(frame, face) for face in faces]))
            if len(held) > self._ahead:
                yield self._decided(*held.popleft())
        while held:
            yield self._decided(*held.popleft())

    def _seen(self, frame: footage.Frame, face: finding.Face) -> "_Track":
        """The track of a face, with what this frame says about it."""
        track = self._tracks.setdefault(face.track, _Track())
        track.seen_s = frame.time_s
        if self._describer is None:
            return track
        look = _look(frame.image_u8, face)
        jumped = track.look is not None and float((track.look * look).sum()) < SAME_LOOK
        track.look = look
        if jumped or track.is_due(frame.time_s):
            described = self._describer.describe(frame.image_u8, face.landmarks_468)
            if jumped and track.distance(described) > descriptor.SAME_PERSON:
                track = self._tracks[face.track] = _Track(look=look, seen_s=frame.time_s)
            track.add(described, frame.time_s)
        return track

    def _decided(
        self, frame: footage.Frame, faces: list[finding.Face], tracks: list["_Track"]
    ) -> Recognised:
        distances = [
            [self._distance(face, track, position) for position in range(len(self._people))]
            for face, track in zip(faces, tracks, strict=True)
        ]
        who = match(
            np.array(distances).reshape(len(faces), len(self._people)),
            [track.person for track in tracks],
        )
        for track, position in zip(tracks, who, strict=True):
            track.person = position
        return frame, faces, who

    def _distance(self, face: finding.Face, track: "_Track", position: int) -> float:
        """How far a face is from a person; infinite where nothing speaks for it."""
        person = self._people[position]
        if person.track is not None:
            return -math.inf if face.track == person.track else math.inf
        if person.examples is None or track.mean is None:
            return math.inf
        distance = float(np.linalg.norm(person.examples - track.mean, axis=-1).mean())
        nearest = self.nearest[position]
        self.nearest[position] = distance if nearest is None else min(nearest, distance)
        return distance

    def _forget(self, time_s: float) -> None:
        """Let go of tracks that ended long ago; in single pictures none goes on."""
        self._tracks = {
            number: track
            for number, track in self._tracks.items()
            if self._follow and time_s - track.seen_s <= FORGOTTEN_S
        }


@dataclasses.dataclass(kw_only=True, eq=False)
class _Track:
    """What is known of one face."""

    look: Float[np.ndarray, "look_h look_w"] | None = None
    """In the last frame."""
    seen_s: float = 0.0
    described_s: float = 0.0
    times_described: int = 0
    mean: descriptor.Descriptor | None = None
    """Of the last descriptions."""
    person: int | None = None
    """Position of the person it is taken for."""

    def is_due(self, time_s: float) -> bool:
        step = FIRST_STEP_S if self.times_described < FIRST_TIMES else STEP_S
        return not self.times_described or time_s - self.described_s >= step

    def distance(self, described: descriptor.Descriptor) -> float:
        return math.inf if self.mean is None else float(np.linalg.norm(described - self.mean))

    def add(self, described: descriptor.Descriptor, time_s: float) -> None:
        self.times_described += 1
        self.described_s = time_s
        mean = described if self.mean is None else self.mean
        self.mean = mean + (described - mean) / min(self.times_described, MEMORY)


def match(
    distances: Float[np.ndarray, "faces people"], current: Sequence[int | None]
) -> list[int | None]:
    """The person that each face of a frame is; the nearest pairs come first, nobody comes twice.

    Args:
        distances: of each face from each person; up to `descriptor.SAME_PERSON` it is that person.
        current: whom each face was taken for; that person is taken to be `MARGIN` nearer.
    """
    costs = distances.astype(np.float64)
    for i, position in enumerate(current):
        if position is not None:
            costs[i, position] -= MARGIN
    found: list[int | None] = [None] * len(costs)
    for flat in np.argsort(costs, axis=None, kind="stable"):
        i, position = (int(index) for index in np.unravel_index(flat, costs.shape))
        if costs[i, position] > descriptor.SAME_PERSON:
            break
        if found[i] is None and position not in found:
            found[i] = position
    return found


def from_picture(path: Path, *, faces: config.FacesConfig) -> Person:
    """The person that a picture shows.

    Args:
        path: a picture of one face, or of one that is much larger than all others.
        faces: how it is found.

    Raises:
        FootageError: if it is no picture, or shows several people alike.
        MissingExtraError: if dlib is not installed.
        NoFaceError: if it shows no face.
    """
    reader = footage.FrameReader(path)
    if reader.info.kind != "image":
        raise errors.FootageError(
            f"{path} is no single picture, so it does not say who is meant. Name a picture of one "
            "face."
        )
    (picture,) = reader
    describer = descriptor.Describer()
    (found,) = finding.FaceFinder(faces).find([picture])
    ranked = sorted(found, key=lambda face: -face.detection.size)
    if not ranked:
        raise errors.NoFaceError(
            f"No face in {path} with a score of {faces.min_score:g} or more. Choose a picture that "
            "shows it from the front, or lower --faces.min-score."
        )
    largest, *others = [face.detection.size for face in ranked]
    if others and largest < CLEARLY_LARGEST * others[0]:
        raise errors.FootageError(
            f"{path} shows {len(found)} faces, and which of them is meant is not clear. Cut it out "
            "into a picture of its own."
        )
    described = describer.describe(picture.image_u8, ranked[0].landmarks_468)
    return Person(name=_printable(path.name), examples=described[None])


def _printable(name: str) -> str:
    kept = "".join(letter if letter.isprintable() else "?" for letter in name)
    return kept if len(kept) <= LONGEST_NAME else f"{kept[: LONGEST_NAME - 3]}..."


def _look(frame_u8: types.ImageU8, face: finding.Face) -> Float[np.ndarray, "look_h look_w"]:
    """The aligned face in grey, of mean 0 and length 1."""
    chip_from_frame = alignment.chip_from_frame(
        face.landmarks_468, chip_size=LOOK_SIZE, coverage=0.8
    )
    chip_u8 = chips.cut_chip(frame_u8, chip_from_frame, LOOK_SIZE)
    grey = cv2.cvtColor(chip_u8, cv2.COLOR_RGB2GRAY).astype(np.float64)
    grey -= grey.mean()
    return grey / max(float(np.linalg.norm(grey)), 1e-6)
