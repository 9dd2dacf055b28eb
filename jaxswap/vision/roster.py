"""A roster: everybody in footage, by the numbers of their tracks, each with a picture."""

import dataclasses
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from jaxswap import config, errors, files, footage, images
from jaxswap.events import SILENT, Events
from jaxswap.types import ImageU8
from jaxswap.vision import alignment, chips, contact_sheet, finding, steadying

PICTURE_SIZE, COVERAGE = 256, 1.5  # with room around the face: it is found there again
BETTER = 1.2  # times the worth of the picture before, which a new one must have
_NOSE, _LEFT_EYE, _RIGHT_EYE = 1, 33, 263  # of the mesh: tip, and the eyes' outer corners


@dataclasses.dataclass(kw_only=True)
class Entry:
    """One track of footage."""

    track: int
    """Its number, `finding.Face.track`."""
    first_s: float
    last_s: float
    """When it is first and last seen, in seconds."""
    image: str | None = None
    """Name of the image that it is in; None for a video."""
    frames: int = 0
    """Frames in which it is."""

    @property
    def where(self) -> str:
        """Where in the footage it is, in words."""
        return self.image or f"{self.first_s:.1f}-{self.last_s:.1f} s"


def write(
    source: Path, out: Path, *, faces: config.FacesConfig, events: Events = SILENT
) -> list[Entry]:
    """List the tracks of footage, with a picture of each in the folder `out`.

    A picture is named by the track, and shows where the face is large and looks ahead. Those of the
    longest tracks are on `faces.png` together.

    Args:
        source: video, image or folder of images.
        out: the new folder; it appears when it is complete.
        faces: how faces are found.
        events: hears of each frame.

    Returns:
        The tracks, in the order of their numbers.

    Raises:
        FootageError: if the source cannot be read.
        NoFaceError: if there is nobody.
        OutputError: if `out` exists and is no empty folder.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise errors.OutputError(f"{out} exists already. Remove it or choose another name.")
    reader = footage.FrameReader(source)
    with files.replacing_folder(out) as partial:
        entries = _entries(reader, partial, faces=faces, events=events)
        if not entries:
            raise errors.NoFaceError(
                f"No face in {source} with a score of {faces.min_score:g} or more. "
                "Lower --faces.min-score or --faces.min-face-px, or check it."
            )
        longest = sorted(entries, key=lambda entry: -entry.frames)[: contact_sheet.MAX_CELLS]
        shown = sorted(longest, key=lambda entry: entry.track)
        sheet = contact_sheet.draw(
            [images.read_u8(partial / _name(entry)) for entry in shown],
            [f"{entry.track}: {entry.where}" for entry in shown],
        )
        images.write_png(partial / "faces.png", sheet)
    return entries


def _entries(
    reader: footage.FrameReader, folder: Path, *, faces: config.FacesConfig, events: Events
) -> list[Entry]:
    entries: dict[int, Entry] = {}
    worths: dict[int, float] = {}
    follow = reader.info.kind == "video"
    finder = finding.FaceFinder(faces)
    found = steadying.steady(
        finder.find_all(reader, follow=follow),
        finder=finder,
        max_gap_s=faces.max_gap_s,
        follow=follow,
    )
    for frame, seen in events.counted(
        found, f"Looking through {reader.info.path.name}", total=reader.num_frames
    ):
        for face in seen:
            entry = entries.setdefault(
                face.track,
                Entry(
                    track=face.track,
                    first_s=frame.time_s,
                    last_s=frame.time_s,
                    image=frame.name,
                ),
            )
            entry.last_s = frame.time_s
            entry.frames += 1
            worth = _worth(face)
            if worth > BETTER * worths.get(face.track, 0.0):
                worths[face.track] = worth
                images.write_png(folder / _name(entry), _picture(frame.image_u8, face))
    return [entries[track] for track in sorted(entries)]


def _name(entry: Entry) -> str:
    return f"{entry.track}.png"


def _worth(face: finding.Face) -> float:
    """The face's size, less where it looks aside: there the nose is nearer to one of the eyes."""
    nose = face.landmarks_468[_NOSE]
    left, right = (
        float(np.linalg.norm(face.landmarks_468[eye] - nose)) for eye in (_LEFT_EYE, _RIGHT_EYE)
    )
    return face.detection.size * min(left, right) / max(left, right, 1e-6)


def _picture(frame_u8: ImageU8, face: finding.Face) -> UInt8[np.ndarray, "side side 3"]:
    chip_from_frame = alignment.chip_from_frame(
        face.landmarks_468, chip_size=PICTURE_SIZE, coverage=COVERAGE
    )
    return chips.cut_chip(frame_u8, chip_from_frame, PICTURE_SIZE)
