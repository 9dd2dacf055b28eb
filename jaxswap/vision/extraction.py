"""Extraction: footage -> faceset, frame by frame."""

import collections
import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from jaxswap import config, errors, files, footage, images, types, version
from jaxswap.events import SILENT, Events
from jaxswap.vision import (
    alignment,
    chips,
    contact_sheet,
    faceset,
    faceset_header,
    finding,
    records,
    steadying,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractionReport:
    """What an extraction found.

    Attributes:
        frames: frames that were looked at.
        frames_with_face: frames in which the wanted person was found.
        chips: chips in the faceset.
        lost: what of the footage did not decode, and footage without the face, one line each.
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
    events: Events = SILENT,
) -> ExtractionReport:
    """Find, track, align and cut the faces of `footages` into a new faceset at `out`.

    The faceset appears when it is complete. Each footage is searched by itself. In a video, faces
    are tracked and the wanted track is kept: the one with the largest faces over the longest time,
    unless `options.track` says otherwise. In a folder of images each image is a moment of its own:
    its largest face is kept (the next largest for track 1, and so on).

    Raises:
        OutputError: if `out` exists and is no empty folder.
        FootageError: if footage cannot be read.
        NoFaceError: if no face is found.
        Stopped: if the caller wants to stop.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise errors.OutputError(
            f"{out} exists already. Remove it or choose another name: extraction never overwrites."
        )
    readers = [footage.FrameReader(path, every=options.every) for path in footages]  # fails early
    finder = finding.FaceFinder(faces)
    with files.replacing_folder(out) as partial:
        (partial / "chips").mkdir()
        sources = [
            _Source(index, reader, partial, max_gap_s=faces.max_gap_s, options=options)
            for index, reader in enumerate(readers)
        ]
        for source in sources:
            source.extract(finder, events)
        if not any(source.num_chips for source in sources):
            raise errors.NoFaceError(_no_face(footages, faces, options))
        faceset_header.write(
            partial,
            faceset_header.Header(
                chip_size=options.chip_size,
                sources=tuple(source.description() for source in sources),
                template=alignment.TEMPLATE,
                version=version.__version__,
                config={"faces": config.to_dict(faces), "extract": config.to_dict(options)},
            ),
        )
        _write_contact_sheet(partial)
    return ExtractionReport(
        frames=sum(source.num_frames for source in sources),
        frames_with_face=sum(source.num_frames_with_face for source in sources),
        chips=sum(source.num_chips for source in sources),
        lost=tuple(line for source in sources for line in source.lost()),
    )


class _Source:
    """One footage.

    Which track is wanted is known only at its end. Chips and records of every track are written as
    they come, and the unwanted are removed after, so that memory does not grow with the footage.
    """

    def __init__(
        self,
        index: int,
        reader: footage.FrameReader,
        folder: Path,
        *,
        max_gap_s: float,
        options: config.ExtractConfig,
    ):
        self.num_frames = 0
        self.num_frames_with_face = 0
        self.num_chips = 0
        self._index = index
        self._path = reader.info.path
        self._folder = folder
        self._options = options
        self._reader = reader
        self._max_gap_s = max_gap_s

    def extract(self, finder: finding.FaceFinder, events: Events) -> None:
        """Write the chips of the wanted track, and append their records to records.jsonl."""
        candidates = self._folder / "candidates.jsonl"
        weights: dict[int, float] = collections.defaultdict(float)
        found: list[tuple[int, int]] = []
        follow = self._reader.info.kind == "video"
        steadied = steadying.steady(
            finder.find_all(self._reader, follow=follow),
            finder=finder,
            max_gap_s=self._max_gap_s,
            follow=follow,
        )
        frames = events.counted(
            steadied,
            f"Extracting {self._path.name}",
            total=self._reader.num_frames,
        )
        with candidates.open("w", encoding="utf-8") as lines:
            for frame, faces in frames:
                self.num_frames += 1
                for face, track in self._tracked(faces):
                    weights[track] += face.detection.size
                    found.append((frame.index, track))
                    lines.write(records.to_json(self._cut(frame, face, track)) + "\n")
        wanted = wanted_tracks(weights, self._options.track, follow=follow)
        self._keep(candidates, found, wanted)
        candidates.unlink()

    def _keep(self, candidates: Path, found: list[tuple[int, int]], wanted: set[int]) -> None:
        with (
            candidates.open(encoding="utf-8") as source,
            (self._folder / "records.jsonl").open("a", encoding="utf-8") as target,
        ):
            for line, (frame, track) in zip(source, found, strict=True):
                if track in wanted:
                    target.write(line)
                else:
                    (self._folder / "chips" / self._name(frame, track)).unlink()
        kept = [frame for frame, track in found if track in wanted]
        self.num_chips, self.num_frames_with_face = len(kept), len(set(kept))

    def lost(self) -> Iterator[str]:
        """What of this footage gave nothing, one line each."""
        if self._reader.lost:
            yield self._reader.lost
        if not self.num_chips:
            yield f"no such face in {self._path.name}"

    def description(self) -> faceset_header.Source:
        """What faceset.json says of this footage."""
        info = self._reader.info
        return faceset_header.Source(
            name=self._path.name,
            kind=info.kind,
            sha256=_sha256(self._path),
            frames=self.num_frames,
            seconds=info.duration_s,
        )

    def _tracked(self, faces: list[finding.Face]) -> Iterator[tuple[finding.Face, int]]:
        if self._reader.info.kind == "video":
            return iter([(face, face.track) for face in faces])
        by_size = sorted(faces, key=lambda face: -face.detection.size)
        return iter([(face, rank) for rank, face in enumerate(by_size)])

    def _name(self, frame: int, track: int) -> str:
        return _image_name(self._index, frame, track)

    def _cut(self, frame: footage.Frame, face: finding.Face, track: int) -> records.ChipRecord:
        size = self._options.chip_size
        matrix = alignment.chip_from_frame(face.landmarks_468, chip_size=size)
        chip = chips.cut_chip(frame.image_u8, matrix, size)
        found = record(
            dataclasses.replace(face, track=track),
            frame=frame,
            source=self._index,
            chip_from_frame=matrix,
        )
        path = self._folder / "chips" / found.image
        path.write_bytes(images.encode_png(chip, compression=1))
        return found


def record(
    face: finding.Face, *, frame: footage.Frame, source: int, chip_from_frame: types.Similarity
) -> records.ChipRecord:
    """What is known of a chip.

    Args:
        face: with its track.
        frame: that it is in.
        source: index of the footage.
        chip_from_frame: the chip's matrix.
    """
    return records.ChipRecord(
        image=_image_name(source, frame.index, face.track),
        source=source,
        frame=frame.index,
        time_s=frame.time_s,
        track=face.track,
        box=face.detection.box,
        score=face.detection.score,
        mesh_score=face.mesh_score,
        landmarks_5=face.detection.landmarks,
        landmarks_468=face.landmarks_468,
        chip_from_frame=chip_from_frame,
    )


def wanted_tracks(
    weights: Mapping[int, float], wanted: int | Literal["all"], *, follow: bool
) -> set[int]:
    """The tracks that are kept.

    Args:
        weights: sum of the sizes of each track's faces.
        wanted: rank of the track by its weight, or all of them.
        follow: whether the footage is a video; in pictures the track is the rank by size.
    """
    if wanted == "all":
        return set(weights)
    if not follow:
        return {wanted}
    ranked = sorted(weights, key=lambda track: (-weights[track], track))
    return set(ranked[wanted : wanted + 1])


def _image_name(source: int, frame: int, track: int) -> str:
    return f"{source}-{frame:06d}-{track}.png"


def _sha256(path: Path) -> str:
    """Of a file's bytes; of a folder's images, over their names and bytes in order."""
    if not path.is_dir():
        return files.sha256(path)
    digest = hashlib.sha256()
    for image in footage.image_files(path):
        digest.update(f"{image.name}\n{files.sha256(image)}\n".encode())
    return digest.hexdigest()


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
        return f"{names} has no track number {options.track}. Use a lower --track."
    return (
        f"No face in {names} with a score of {faces.min_score:g} or more. "
        "Lower --faces.min-score or --faces.min-face-px, or check it."
    )
