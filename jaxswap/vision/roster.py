"""A roster: everybody in footage, by the numbers of their tracks, each with a picture."""

import dataclasses
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from jaxswap import config, errors, files, footage, images
from jaxswap.events import SILENT, Events
from jaxswap.types import ImageU8
from jaxswap.vision import alignment, chips, contact_sheet, finding, watching

PICTURE_SIZE, COVERAGE = 256, 1.5  # with room around the face: it is found there again
BETTER = 1.2  # times the worth of the picture before, which a new one must have
_NOSE, _LEFT_EYE, _RIGHT_EYE = 1, 33, 263  # of the mesh: tip, and the eyes' outer corners


@dataclasses.dataclass(kw_only=True)
class Entry:
    """One track of a video, or one face of a single picture."""

    track: int
    """Its number, `finding.Face.track`."""
    picture: str
    """File name of its picture."""
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
) -> tuple[list[Entry], tuple[str, ...]]:
    """List who is in footage, with a picture of each in the folder `out`.

    A picture is named by the number, in a folder of images by the image's index and the number. It
    shows where the face is large and looks ahead. Those of the longest tracks are on `faces.png`
    together.

    Args:
        source: video, image or folder of images.
        out: the new folder; it appears when it is complete.
        faces: how faces are found.
        events: hears how many frames are looked through.

    Returns:
        The tracks of a video in the order of their numbers; the faces of images, image by image;
        and what of the source was left out or not read, a line each.

    Raises:
        FootageError: if the source cannot be read.
        NoFaceError: if there is nobody.
        OutputError: if `out` exists and is no empty folder.
        Stopped: if `events` wants to stop; nothing is left behind.
    """
    files.check_new(out)
    reader = footage.FrameReader(source)
    with files.new_folder(out) as partial:
        entries = _entries(reader, partial, faces=faces, events=events)
        if not entries:
            raise errors.NoFaceError(
                f"No face in {source} with a score of {faces.min_score:g} or more. "
                "Lower --faces.min-score or --faces.min-face-px, or check it."
            )
        ranks = sorted(range(len(entries)), key=lambda at: -entries[at].frames)
        shown = [entries[at] for at in sorted(ranks[: contact_sheet.MAX_CELLS])]
        sheet = contact_sheet.draw(
            [images.read_u8(partial / entry.picture) for entry in shown],
            [f"{entry.track}: {entry.where}" for entry in shown],
        )
        images.write_png(partial / "faces.png", sheet)
    return entries, reader.notices.lines


def _entries(
    reader: footage.FrameReader, folder: Path, *, faces: config.FacesConfig, events: Events
) -> list[Entry]:
    entries: dict[tuple[int, int], Entry] = {}
    worths: dict[tuple[int, int], float] = {}
    is_folder = reader.info.kind == "images"
    for frame, seen in events.counted(
        watching.watch(reader, faces),
        f"Looking through {reader.info.path.name}",
        total=lambda: reader.num_frames,
    ):
        for face in seen:
            key = (frame.index if is_folder else 0, face.track)
            entry = entries.setdefault(
                key,
                Entry(
                    track=face.track,
                    picture=f"{frame.index:06d}-{face.track}.png"
                    if is_folder
                    else f"{face.track}.png",
                    first_s=frame.time_s,
                    last_s=frame.time_s,
                    image=frame.name,
                ),
            )
            entry.last_s = frame.time_s
            entry.frames += 1
            worth = _worth(face)
            if worth > BETTER * worths.get(key, 0.0):
                worths[key] = worth
                images.write_png(folder / entry.picture, _picture(frame.image_u8, face))
    return [entries[key] for key in sorted(entries)]


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
