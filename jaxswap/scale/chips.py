"""The chips of one segment: found by a worker, kept in a file, read when the dataset is written."""

import collections
import dataclasses
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import config, errors, footage, geometry, images
from jaxswap.scale import segments
from jaxswap.vision import alignment, extraction, finding, masks, records, steadying
from jaxswap.vision import chips as cutting
from pipelines import face_chips

_BYTES = ("image", "regions")


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
        follow = reader.info.kind == "video"
        weights: dict[int, float] = collections.defaultdict(float)
        found: list[tuple[int, dict[str, Any]]] = []
        bounds = None
        frames = steadying.steady(
            finder.find_all(reader, follow=follow),
            finder=finder,
            max_gap_s=self.faces.max_gap_s,
            follow=follow,
        )
        for frame, faces in frames:
            if frame.pts is not None and bounds is None:
                bounds = segments.ticks(segment, frame.time_base)
            if bounds is not None and not _within(frame.pts, bounds):
                continue
            if not follow:
                by_size = sorted(faces, key=lambda face: -face.detection.size)
                faces = [dataclasses.replace(face, track=i) for i, face in enumerate(by_size)]
            for face in faces:
                weights[face.track] += face.detection.size
                found.append((face.track, self._example(segment, reader.info, frame, face)))
        wanted = extraction.wanted_tracks(weights, self.options.track, follow=follow)
        kept = [example for track, example in found if track in wanted]
        with path.open("wb") as stream:
            np.savez(stream, lost=np.array(reader.lost or ""), **_columns(kept))

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
        with np.load(path, allow_pickle=False) as columns:
            values = {name: columns[name] for name in columns.files if name != "lost"}
            ends = {name: np.cumsum(values[f"{name}_bytes"]) for name in _BYTES}
            for index in range(len(values["key"])):
                yield {
                    name: _value(values, ends, name, index)
                    for name in (*_BYTES, "landmarks", "key", "source", "frame", "time_s")
                }
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise errors.DatasetError(
            f"{path} is broken ({error}). Delete it and start again."
        ) from error


def times(path: Path) -> tuple[np.ndarray, str]:
    """The times of a segment's chips in seconds, and what of it did not decode, in words."""
    with np.load(path, allow_pickle=False) as columns:
        return columns["time_s"], str(columns["lost"])


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
