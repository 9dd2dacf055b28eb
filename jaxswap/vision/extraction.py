"""Extraction: footage -> faceset, frame by frame."""

import collections
import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

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
    selection,
    watching,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractionReport:
    """What an extraction found.

    Attributes:
        frames: frames that were looked at.
        frames_with_face: frames in which the wanted person was found.
        chips: chips in the faceset.
        notices: what of the footage did not decode, and footage without the face, a line each.
    """

    frames: int
    frames_with_face: int
    chips: int
    notices: tuple[str, ...]


def extract(
    footages: Sequence[Path],
    out: Path,
    *,
    faces: config.FacesConfig,
    options: config.ExtractConfig,
    events: Events = SILENT,
) -> ExtractionReport:
    """Find, align and cut the faces of `footages` into a new faceset at `out`.

    The faceset appears when it is complete. Each footage is searched by itself, and
    `options.track` says whose faces are kept.

    Args:
        footages: videos, images and folders of images.
        out: the new folder.
        faces: how faces are found.
        options: what becomes of them.
        events: hears how many frames are searched.

    Raises:
        OutputError: if `out` exists and is no empty folder.
        FootageError: if footage cannot be read.
        NoFaceError: if no face is found, or none of the wanted track.
        Stopped: if `events` wants to stop; nothing is left behind.
    """
    files.check_new(out)
    readers = [footage.FrameReader(path, every=options.every) for path in footages]  # fails early
    finder = finding.FaceFinder(faces)
    with files.new_folder(out) as partial:
        (partial / "chips").mkdir()
        sources = [
            _Source(index, reader, partial, faces=faces, options=options)
            for index, reader in enumerate(readers)
        ]
        for source in sources:
            source.extract(finder, events=events)
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
        notices=tuple(line for source in sources for line in source.notices()),
    )


@dataclasses.dataclass(kw_only=True, eq=False, slots=True)
class _Cut:
    """A chip that is cut or could be."""

    frame: int
    track: int
    chip_from_frame: types.Similarity
    is_done: bool = False


class _Source:
    """One footage.

    Which track is the main one is known only at the end. A chip is cut at once if its track leads,
    and the chips that the main track lacks at the end are cut in a second reading: decoding all
    frames twice takes longer than what is cut in vain. Memory does not grow with pixels: records
    wait in a file, and beside it a matrix for each face.
    """

    def __init__(
        self,
        index: int,
        reader: footage.FrameReader,
        folder: Path,
        *,
        faces: config.FacesConfig,
        options: config.ExtractConfig,
    ):
        self.num_frames = 0
        self.num_frames_with_face = 0
        self.num_chips = 0
        self._index = index
        self._path = reader.info.path
        self._folder = folder
        self._faces = faces
        self._options = options
        self._reader = reader

    def extract(self, finder: finding.FaceFinder, *, events: Events) -> None:
        """Write the chips of the wanted track, and append their records to records.jsonl."""
        candidates = self._folder / "candidates.jsonl"
        tally = selection.Tally(self._options.track, moves=self._reader.info.moves)
        cuts: list[_Cut] = []
        frames = events.counted(
            watching.watch(self._reader, self._faces, finder=finder),
            f"Extracting {self._path.name}",
            total=lambda: self._reader.num_frames,
        )
        with candidates.open("w", encoding="utf-8") as lines:
            for frame, faces in frames:
                self.num_frames += 1
                tally.add(faces)
                for face in faces:
                    found = self._record(frame, face)
                    lines.write(records.to_json(found) + "\n")
                    cuts.append(
                        _Cut(
                            frame=frame.index,
                            track=face.track,
                            chip_from_frame=found.chip_from_frame,
                        )
                    )
                    if tally.wants(face.track):
                        self._write_chip(cuts[-1], frame)
        wanted = [tally.wants(cut.track) for cut in cuts]
        self._complete(list(itertools.compress(cuts, wanted)), events=events)
        self._remove([cut for cut in cuts if cut.is_done and not tally.wants(cut.track)])
        with (
            candidates.open(encoding="utf-8") as source,
            (self._folder / "records.jsonl").open("a", encoding="utf-8") as target,
        ):
            target.writelines(itertools.compress(source, wanted))
        candidates.unlink()

    def _complete(self, cuts: Sequence[_Cut], *, events: Events) -> None:
        """Cut those of the chips that are missing, and count all."""
        self.num_chips, self.num_frames_with_face = len(cuts), len({cut.frame for cut in cuts})
        missing: dict[int, list[_Cut]] = collections.defaultdict(list)
        for cut in cuts:
            if not cut.is_done:
                missing[cut.frame].append(cut)
        if not missing:
            return
        for frame in events.counted(
            self._reader.again(missing), f"Cutting {self._path.name}", total=len(missing)
        ):
            for cut in missing[frame.index]:
                self._write_chip(cut, frame)

    def _remove(self, cuts: Sequence[_Cut]) -> None:
        """Delete the chips of tracks that led for a while only."""
        for cut in cuts:
            self._chip_path(cut).unlink()

    def notices(self) -> Iterator[str]:
        """What of this footage gave nothing, one line each."""
        yield from self._reader.notices.lines
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

    def _record(self, frame: footage.Frame, face: finding.Face) -> records.ChipRecord:
        matrix = alignment.chip_from_frame(face.landmarks_468, chip_size=self._options.chip_size)
        return record(face, frame=frame, source=self._index, chip_from_frame=matrix)

    def _write_chip(self, cut: _Cut, frame: footage.Frame) -> None:
        chip_u8 = chips.cut_chip(frame.image_u8, cut.chip_from_frame, self._options.chip_size)
        self._chip_path(cut).write_bytes(images.encode_png(chip_u8, compression=1))
        cut.is_done = True

    def _chip_path(self, cut: _Cut) -> Path:
        return self._folder / "chips" / _image_name(self._index, cut.frame, cut.track)


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
    if options.track not in ("main", "all"):
        return (
            f"{names} has no track {options.track}. See who is there, and by what number: "
            f"jaxswap faces {footages[0]} --out FOLDER"
        )
    return (
        f"No face in {names} with a score of {faces.min_score:g} or more. "
        "Lower --faces.min-score or --faces.min-face-px, or check it."
    )
