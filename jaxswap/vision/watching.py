"""The one way to see the faces of footage: found, followed, steadied and numbered."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from jaxswap import config, footage
from jaxswap.vision import finding, steadying


def watch(
    reader: footage.FrameReader,
    faces: config.FacesConfig,
    *,
    frames: Iterable[footage.Frame] | None = None,
    finder: finding.FaceFinder | None = None,
) -> Iterator[finding.FrameFaces]:
    """Each frame of footage with its faces, in order; a few frames are held.

    Where frames go on from each other, faces are followed and steadied through time, and the number
    of a face is that of its track. Single pictures are searched one by one, the largest face comes
    first, and its number is 0, that of the next 1.

    Args:
        reader: of the footage.
        faces: how faces are found.
        frames: the reader's frames, where they come by another way than from the reader itself.
        finder: of the same settings, where there is much footage: loading one takes 0.1 s.

    Raises:
        FootageError: if the footage cannot be read.
        MissingExtraError: if the detector's packages are not installed.
    """
    finder = finder or finding.FaceFinder(faces)
    moves = reader.info.moves
    found = finder.find_all(reader if frames is None else frames, follow=moves)
    if moves:
        return steadying.steady(found, finder=finder, max_gap_s=faces.max_gap_s)
    return ((frame, _by_size(some)) for frame, some in found)


def _by_size(faces: Sequence[finding.Face]) -> list[finding.Face]:
    largest_first = sorted(faces, key=lambda face: -face.detection.size)
    return [dataclasses.replace(face, track=rank) for rank, face in enumerate(largest_first)]
