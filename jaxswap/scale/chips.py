"""The chips of one segment: found by a worker, kept in a file, read when the dataset is written."""

import dataclasses
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import config, errors, footage, geometry, images
from jaxswap.scale import segments
from jaxswap.vision import alignment, extraction, finding, masks, records, selection, watching
from jaxswap.vision import chips as cutting
from pipelines import face_chips

_BYTES = ("image", "regions")


@dataclasses.dataclass(kw_only=True, eq=False)
class _FaceChip:
    """A face, and its chip once that is cut.

    That is done at once if its track leads, and at the end for what the main track lacks then.
    """

    frame: int
    face: finding.Face
    example: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The chip with what is stored of it; empty until the chip is cut."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChipJob:
    """Finding and cutting the faces of segments."""

    options: config.ExtractConfig
    faces: config.FacesConfig
    chip_size: int
    """Side of the stored chips in pixels."""
    suffix: str = ".npz"

    def load(self) -> Callable[[segments.Segment, Path], None]:
        """The work on a segment, with detector and landmark model."""
        finder = finding.FaceFinder(self.faces)
        return lambda segment, path: self._write(segment, path, finder)

    def _write(self, segment: segments.Segment, path: Path, finder: finding.FaceFinder) -> None:
        reader = footage.FrameReader(segment.path, every=self.options.every, span=segment.read)
        tally = selection.Tally(self.options.track, moves=reader.info.moves)
        found: list[_FaceChip] = []
        for frame, faces in self._kept(segment, reader, finder):
            tally.add(faces)
            for face in faces:
                found.append(_FaceChip(frame=frame.index, face=face))
                if tally.wants(face.track):
                    found[-1].example = self._example(segment, reader.info, frame, face)
        wanted = [one for one in found if tally.wants(one.face.track)]
        missing = {one.frame: one for one in wanted if not one.example}
        for frame in reader.again(missing):
            one = missing[frame.index]
            one.example = self._example(segment, reader.info, frame, one.face)
        kept = _columns([one.example for one in wanted])
        with path.open("wb") as stream:
            np.savez(
                stream,
                notices=np.array(reader.notices.lines, dtype=np.str_),
                allow_pickle=False,
                **kept,
            )

    def _kept(
        self, segment: segments.Segment, reader: footage.FrameReader, finder: finding.FaceFinder
    ) -> Iterator[finding.FrameFaces]:
        """The frames of the segment, without those of its context."""
        bounds = None
        for frame, faces in watching.watch(reader, self.faces, finder=finder):
            if frame.pts is None or frame.time_base is None:  # an image, which has no context
                yield frame, faces
                continue
            bounds = bounds or segments.ticks(segment, frame.time_base)
            if _within(frame.pts, bounds):
                yield frame, faces

    def _example(
        self,
        segment: segments.Segment,
        info: footage.FootageInfo,
        frame: footage.Frame,
        face: finding.Face,
    ) -> dict[str, Any]:
        size = self.options.chip_size
        matrix = alignment.chip_from_frame(face.landmarks_468, chip_size=size)
        index = frame.index
        if segment.number and info.frame_rate:
            index = round(frame.time_s * info.frame_rate)
        record = extraction.record(
            face,
            frame=dataclasses.replace(frame, index=index),
            source=segment.source,
            chip_from_frame=matrix,
        )
        record = records.from_json(records.to_json(record))  # as exact as a faceset's
        chip_u8 = cutting.cut_chip(frame.image_u8, matrix, size)
        pixels = geometry.apply(record.chip_from_frame, record.landmarks_468.astype(np.float64))
        landmarks = ((pixels + 0.5) / size).astype(np.float32)
        return face_chips.example(
            images.resize_u8(chip_u8, self.chip_size),
            masks.regions(landmarks * self.chip_size - 0.5, size=self.chip_size),
            landmarks=landmarks,
            key=record.image,
            source=segment.path.name,
            frame=index,
            time_s=frame.time_s,
        )


def examples(path: Path) -> Iterator[dict[str, Any]]:
    """What is stored of the chips of a segment, in order.

    Raises:
        DatasetError: if the file is broken.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as columns:
            values = {name: columns[name] for name in columns.files if name != "notices"}
            ends = {name: np.cumsum(values[f"{name}_bytes"]) for name in _BYTES}
            for index in range(len(values["key"])):
                yield {
                    name: _value(values, ends, name, index)
                    for name in (*_BYTES, "landmarks", "key", "source", "frame", "time_s")
                }
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise errors.DatasetError(
            f"{path} is broken ({error}). Delete it and start again."
        ) from error


def times(path: Path) -> tuple[np.ndarray, list[str]]:
    """The times of a segment's chips in seconds, and what of it did not decode, a line each."""
    with np.load(path, allow_pickle=False) as columns:
        return columns["time_s"], [str(line) for line in columns["notices"]]


def _columns(kept: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    raw = {name: [example[name].getvalue() for example in kept] for name in _BYTES}
    found = {name: np.frombuffer(b"".join(raw[name]), np.uint8) for name in _BYTES}
    found |= {f"{name}_bytes": np.array([len(one) for one in raw[name]], np.int64) for name in raw}
    return found | {
        "landmarks": np.array([e["landmarks"] for e in kept], np.float32).reshape(-1, 468, 2),
        "key": np.array([e["key"] for e in kept], np.str_),
        "source": np.array([e["source"] for e in kept], np.str_),
        "frame": np.array([e["frame"] for e in kept], np.int64),
        "time_s": np.array([e["time_s"] for e in kept], np.float64),
    }


def _value(
    values: dict[str, np.ndarray], ends: dict[str, np.ndarray], name: str, index: int
) -> Any:
    if name in _BYTES:
        stop = int(ends[name][index])
        start = stop - int(values[f"{name}_bytes"][index])
        return io.BytesIO(values[name][start:stop].tobytes())
    value = values[name][index]
    return value if name == "landmarks" else value.item()


def _within(pts: int, bounds: tuple[int, int | None]) -> bool:
    first, after = bounds
    return pts >= first and (after is None or pts < after)
