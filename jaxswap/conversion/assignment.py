"""Which faces change, and into whom: one person or everybody by the options, or people by name."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from jaxswap import config, footage, runs
from jaxswap.vision import descriptor, finding, people, selection


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class AssignedFrame:
    """A frame, and those of its faces that change."""

    frame: footage.Frame
    faces: list[tuple[finding.Face, int]]
    """Each with the position of its swap, smaller faces first: they are painted in this order, so
    that of two that overlap the larger, which is nearer, is in front."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Swap:
    """A person in the footage, and the identity whose face is put on them."""

    person: people.Person
    identity: str


def of_one(run: runs.Run, from_identity: str, to_identity: str) -> Swap:
    """The swap of one person, whom the options choose.

    Raises:
        RunError: if the run does not know one of the identities.
    """
    run.check_identity(from_identity)
    run.check_identity(to_identity)
    return Swap(person=people.Person(name=from_identity), identity=to_identity)


@runtime_checkable
class Assignment(Protocol):
    """Decides frame by frame, which come in order.

    Attributes:
        saw_faces: whether any frame had a face so far, whoever it is.
    """

    saw_faces: bool

    def assigned(self, seen: Iterable[finding.FrameFaces]) -> Iterator[AssignedFrame]:
        """Each frame, and those of its faces that change."""
        ...

    def nobody(self) -> str:
        """What to say and to do where there were faces, but none that changes."""
        ...


def make(
    swaps: Sequence[Swap],
    *,
    track: config.Track,
    max_gap_s: float,
    info: footage.FootageInfo,
) -> Assignment:
    """The assignment that is asked for.

    Args:
        swaps: people who are named by tracks or examples, or one who is not.
        track: whose faces change where nobody is named.
        max_gap_s: after so long without the main person, the choice is made anew.
        info: of the footage.

    Raises:
        MissingExtraError: if somebody has examples and dlib is not installed.
        ValueError: if somebody is not named, but others are there.
    """
    if all(swap.person.is_named for swap in swaps):
        return _ByName(swaps, info=info)
    if len(swaps) > 1:
        raise ValueError("Of several people each must be named by a track or by examples.")
    return _ByTrack(track, max_gap_s=max_gap_s, info=info)


class _ByTrack:
    def __init__(self, track: config.Track, *, max_gap_s: float, info: footage.FootageInfo) -> None:
        self._track, self._path = track, info.path
        self._picker = selection.Picker(track, max_gap_s=max_gap_s, moves=info.moves)
        self.saw_faces = False

    def assigned(self, seen: Iterable[finding.FrameFaces]) -> Iterator[AssignedFrame]:
        for frame, faces in seen:
            self.saw_faces = self.saw_faces or bool(faces)
            picked = self._picker.pick(faces, frame.time_s)
            yield _smaller_first(frame, [(face, 0) for face in picked])

    def nobody(self) -> str:
        return f"{self._path} has no track {self._track}. {_who_is_there(self._path)}"


class _ByName:
    def __init__(self, swaps: Sequence[Swap], *, info: footage.FootageInfo) -> None:
        self._people, self._path = [swap.person for swap in swaps], info.path
        self._recogniser = people.Recogniser(self._people, follow=info.moves)
        self.saw_faces = False

    def assigned(self, seen: Iterable[finding.FrameFaces]) -> Iterator[AssignedFrame]:
        for frame, faces, who in self._recogniser.recognised(seen):
            self.saw_faces = self.saw_faces or bool(faces)
            pairs = zip(faces, who, strict=True)
            yield _smaller_first(frame, [(face, at) for face, at in pairs if at is not None])

    def nobody(self) -> str:
        names = ", ".join(person.name for person in self._people)
        near = [distance for distance in self._recogniser.nearest if distance is not None]
        how_near = (
            f" (the nearest face is at a distance of {min(near):.2f}, and up to "
            f"{descriptor.SAME_PERSON:g} is the same person)"
            if near
            else ""
        )
        return f"Nobody in {self._path} is {names}{how_near}. {_who_is_there(self._path)}"


def _who_is_there(path: Path) -> str:
    return f"See who is there, and by what number: jaxswap faces {path} --out FOLDER"


def _smaller_first(
    frame: footage.Frame, faces: Sequence[tuple[finding.Face, int]]
) -> AssignedFrame:
    ordered = sorted(faces, key=lambda item: (item[0].detection.size, item[0].track))
    return AssignedFrame(frame=frame, faces=ordered)
