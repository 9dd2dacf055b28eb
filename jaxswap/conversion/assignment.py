"""Which faces change, and into whom: one person by size, everybody, or people by name."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol, runtime_checkable

from jaxswap import footage, runs
from jaxswap.vision import descriptor, finding, people, selection

Found = tuple[footage.Frame, list[finding.Face]]
Assigned = list[tuple[finding.Face, int]]
"""The faces of a frame that change, each with the position of its swap, smaller faces first: they
are painted in this order, so that of two that overlap the larger, which is nearer, is in front."""


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
    run.index(from_identity)
    run.index(to_identity)
    return Swap(person=people.Person(name=from_identity), identity=to_identity)


@runtime_checkable
class Assignment(Protocol):
    """Decides frame by frame, which come in order.

    Attributes:
        most_faces: the most faces that one frame had so far, whoever they are.
    """

    most_faces: int

    def assigned(self, found: Iterable[Found]) -> Iterator[tuple[footage.Frame, Assigned]]:
        """Each frame, and those of its faces that change."""
        ...

    def nobody(self) -> str:
        """What to say and to do where there were faces, but none that changes."""
        ...


def make(
    swaps: Sequence[Swap],
    *,
    track: int | Literal["all"],
    max_gap_s: float,
    info: footage.FootageInfo,
) -> Assignment:
    """The assignment that is asked for.

    Args:
        swaps: people who are named by tracks or examples, or one who is not.
        track: which face by size, or all of them, where nobody is named.
        max_gap_s: after so long without the person, the choice by size is made anew.
        info: of the footage.

    Raises:
        MissingExtraError: if somebody has examples and dlib is not installed.
        ValueError: if somebody is not named, but others are there.
    """
    if all(swap.person.is_named for swap in swaps):
        return _ByName(swaps, info=info)
    if len(swaps) > 1:
        raise ValueError("Of several people each must be named by a track or by examples.")
    return _BySize(track, max_gap_s=max_gap_s, info=info)


class _BySize:
    def __init__(
        self, track: int | Literal["all"], *, max_gap_s: float, info: footage.FootageInfo
    ) -> None:
        self._track, self._path = track, info.path
        self._selection = selection.Selection(track, max_gap_s=max_gap_s, follow=info.moves)
        self.most_faces = 0

    def assigned(self, found: Iterable[Found]) -> Iterator[tuple[footage.Frame, Assigned]]:
        for frame, faces in found:
            self.most_faces = max(self.most_faces, len(faces))
            chosen = self._selection.pick([face.detection for face in faces], frame.time_s)
            yield frame, _smaller_first([(faces[i], 0) for i in chosen])

    def nobody(self) -> str:
        return (
            f"{self._path} never shows more than {self.most_faces} face(s) at once, so `track` "
            f"{self._track} is nobody. Choose a `track` below {self.most_faces}."
        )


class _ByName:
    def __init__(self, swaps: Sequence[Swap], *, info: footage.FootageInfo) -> None:
        self._people, self._path = [swap.person for swap in swaps], info.path
        self._recogniser = people.Recogniser(self._people, follow=info.moves)
        self.most_faces = 0

    def assigned(self, found: Iterable[Found]) -> Iterator[tuple[footage.Frame, Assigned]]:
        for frame, faces, who in self._recogniser.recognised(found):
            self.most_faces = max(self.most_faces, len(faces))
            pairs = zip(faces, who, strict=True)
            yield frame, _smaller_first([(face, at) for face, at in pairs if at is not None])

    def nobody(self) -> str:
        names = ", ".join(person.name for person in self._people)
        near = [distance for distance in self._recogniser.nearest if distance is not None]
        how_near = (
            f" (the nearest face is at a distance of {min(near):.2f}, and up to "
            f"{descriptor.SAME_PERSON:g} is the same person)"
            if near
            else ""
        )
        return (
            f"Nobody in {self._path} is {names}{how_near}. See who is there, and by what number: "
            f"jaxswap faces {self._path} --out FOLDER"
        )


def _smaller_first(faces: Assigned) -> Assigned:
    return sorted(faces, key=lambda item: (item[0].detection.size, item[0].track))
