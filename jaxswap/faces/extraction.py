"""Extraction: footage -> faceset, frame by frame."""

import collections
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jaxswap import config, errors, files, footage, images, progress, version
from jaxswap.faces import (
    alignment,
    chips,
    contact_sheet,
    faceset,
    finding,
    records,
    tracking,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractionReport:
    """What an extraction found.

    Attributes:
        frames: frames that were looked at.
        frames_with_face: frames in which the wanted person was found.
        chips: chips in the faceset.
        lost: what of the footage did not decode, one line each.
    """

    frames: int
    frames_with_face: int
    chips: int
    lost: tuple[str, ...]


def extract(
    footages: Sequence[Path],
    out: Path,
    *,
    faces: config.FacesConfig,
    options: config.ExtractConfig,
) -> ExtractionReport:
    """Find, track, align and cut the faces of `footages` into a new faceset at `out`.

    The faceset appears when it is complete. In a video, faces are tracked and the wanted track is
    kept: the one with the largest faces over the longest time, unless `options.track` says
    otherwise. In a folder of images each image is a moment of its own: its largest face is kept
    (the next largest for track 1, and so on).

    Raises:
        OutputError: if `out` exists.
        FootageError: if footage cannot be read.
        NoFaceError: if no face is found.
    """
    if out.exists():
        raise errors.OutputError(
            f"{out} exists already. Remove it or choose another name: extraction never overwrites."
        )
    finder = finding.FaceFinder(faces)
    with files.replacing_folder(out) as partial, contextlib.ExitStack() as stack:
        (partial / "chips").mkdir()
        lines = stack.enter_context((partial / "records.jsonl").open("w", encoding="utf-8"))
        sources, lost = [], []
        num_frames = with_face = num_chips = 0
        for index, path in enumerate(footages):
            extraction = _SourceExtraction(index, path, partial / "chips", faces, options)
            kept = extraction.run(finder)
            lines.writelines(records.to_json(record) + "\n" for record in kept)
            sources.append(extraction.source())
            num_frames += extraction.num_frames
            with_face += len({record.frame for record in kept})
            num_chips += len(kept)
            if extraction.lost:
                lost.append(extraction.lost)
        lines.close()
        if not num_chips:
            raise errors.NoFaceError(_no_face(footages, faces, options))
        faceset.write_header(
            partial, chip_size=options.chip_size, sources=sources, version=version.__version__
        )
        _write_contact_sheet(partial)
    return ExtractionReport(
        frames=num_frames, frames_with_face=with_face, chips=num_chips, lost=tuple(lost)
    )


class _SourceExtraction:
    """One footage: chips of every track are written as they come, the unwanted removed after."""

    def __init__(
        self,
        index: int,
        path: Path,
        chips_dir: Path,
        faces: config.FacesConfig,
        options: config.ExtractConfig,
    ):
        self.num_frames = 0
        self.lost: str | None = None
        self._index = index
        self._path = path
        self._chips_dir = chips_dir
        self._options = options
        self._reader = footage.FrameReader(path, every=options.every)
        self._tracker = tracking.Tracker(max_gap_s=faces.max_gap_s)

    def run(self, finder: finding.FaceFinder) -> list[records.ChipRecord]:
        """Write the chips of the wanted track and return their records."""
        weights: collections.Counter[int] = collections.Counter()
        found: list[records.ChipRecord] = []
        frames = progress.track(
            finder.find_all(self._reader),
            f"Extracting {self._path.name}",
            total=self._reader.num_frames,
        )
        for frame, faces in frames:
            self.num_frames += 1
            for face, track in self._tracked(frame, faces):
                weights[track] += face.detection.size
                found.append(self._cut(frame, face, track))
        self.lost = self._reader.lost
        wanted = self._wanted(weights)
        for record in found:
            if record.track not in wanted:
                (self._chips_dir / record.image).unlink()
        return [record for record in found if record.track in wanted]

    def source(self) -> dict[str, Any]:
        """What faceset.json says of this footage."""
        info = self._reader.info
        return {
            "name": self._path.name,
            "kind": info.kind,
            "sha256": None if self._path.is_dir() else files.sha256(self._path),
            "frames": self.num_frames,
            "seconds": info.duration_s,
        }

    def _tracked(
        self, frame: footage.Frame, faces: list[finding.Face]
    ) -> Iterator[tuple[finding.Face, int]]:
        if self._reader.info.kind == "video":
            tracks = self._tracker.update([face.detection for face in faces], frame.time_s)
            return zip(faces, tracks, strict=True)
        by_size = sorted(faces, key=lambda face: -face.detection.size)
        return iter([(face, rank) for rank, face in enumerate(by_size)])

    def _wanted(self, weights: collections.Counter[int]) -> set[int]:
        if self._options.track == "all":
            return set(weights)
        if self._reader.info.kind != "video":
            return {self._options.track}
        ranked = [track for track, _ in weights.most_common()]
        return set(ranked[self._options.track : self._options.track + 1])

    def _cut(self, frame: footage.Frame, face: finding.Face, track: int) -> records.ChipRecord:
        size = self._options.chip_size
        matrix = alignment.chip_from_frame(face.landmarks_468, chip_size=size)
        name = f"{self._index}-{frame.index:06d}-{track}.png"
        chip = chips.cut_chip(frame.image_u8, matrix, size)
        (self._chips_dir / name).write_bytes(images.encode_png(chip, compression=1))
        return records.ChipRecord(
            image=name,
            source=self._index,
            frame=frame.index,
            time_s=frame.time_s,
            track=track,
            box=face.detection.box,
            score=face.detection.score,
            mesh_score=face.mesh_score,
            landmarks_5=face.detection.landmarks,
            landmarks_468=face.landmarks_468,
            chip_from_frame=matrix,
        )


def _write_contact_sheet(folder: Path) -> None:
    faces = faceset.Faceset.open(folder)
    shown = [faces.records[i] for i in contact_sheet.evenly(len(faces.records))]
    sheet = contact_sheet.draw(
        [faces.chip_u8(record) for record in shown], [record.image[:-4] for record in shown]
    )
    images.write_png(folder / "contact_sheet.png", sheet)


def _no_face(
    footages: Sequence[Path], faces: config.FacesConfig, options: config.ExtractConfig
) -> str:
    names = ", ".join(path.name for path in footages)
    if options.track not in (0, "all"):
        return f"{names} has no track number {options.track}. Use a lower --extract.track."
    return (
        f"No face in {names} of {faces.min_face_px} px or more with a score of "
        f"{faces.min_score:g}. Lower --faces.min-face-px or --faces.min-score, or check it."
    )
