"""A dataset: facesets as one folder of records, made at once or not at all, checked when opened."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import config, errors, files, names, notices, version
from jaxswap.events import SILENT, Events
from jaxswap.vision import faceset, records
from pipelines import dataset_header, face_chips, splits

MIN_CHIPS = 16
"""Fewer chips than this teach nothing, and leave too few to validate with."""

IMAGES_PER_S = 25.0
"""The images of a folder count as frames of a video at this rate: often they are just that."""


class Dataset:
    """An opened dataset.

    Attributes:
        path: its folder.
        identities: names, sorted.
        counts: chips by identity and split, `train` and `validation`.
        fingerprints: of the facesets, by identity.
        chip_size: side of its chips in pixels.
    """

    def __init__(self, path: Path, header: dataset_header.Header):
        self.path = path
        self.header = header
        self.identities: tuple[str, ...] = tuple(part.name for part in header.identities)
        self.counts = {part.name: dict(part.counts) for part in header.identities}
        self.fingerprints = {part.name: part.fingerprint for part in header.identities}
        self.chip_size = header.chip_size

    @classmethod
    def open(cls, path: Path) -> "Dataset":
        """Open a dataset and compare all its files with their checksums.

        Raises:
            DatasetError: if the folder is no dataset, or one of its files is missing or changed.
            NewerFormatError: if a newer jaxswap built it.
            OutputError: if the path is no UTF-8.
        """
        header = dataset_header.read(path)
        files.check_plain(path)
        header.verify(path)
        return cls(path, header)

    def source(self, identity: str, split: str) -> face_chips.ChipSource:
        """The records of an identity's split, read at random, in the order of time.

        Raises:
            DatasetError: if there is no such identity, or the records are not dataset.json's.
        """
        if identity not in self.identities:
            raise errors.DatasetError(
                f"The dataset {self.path} has no identity {identity!r}. It has "
                f"{', '.join(self.identities)}: name one of these, or build it again."
            )
        chips = face_chips.ChipSource(self.path, identity, split, chip_size=self.chip_size)
        known = {self.path / name for name in self.header.files}
        if len(chips) != self.counts[identity][split] or not known.issuperset(chips.paths):
            raise errors.DatasetError(
                f"The records of {identity} in {self.path} are not those of its dataset.json. "
                "Build it again."
            )
        return chips

    def fingerprint(self) -> str:
        """SHA-256 over settings, names and checksums: equal for datasets of equal contents."""
        values = dataclasses.asdict(self.header)
        del values["version"]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def info(self) -> dict[str, Any]:
        """What the dataset is, as JSON values."""
        return {
            "kind": "dataset",
            "chip_size": self.chip_size,
            "identities": [
                {"name": part.name, **part.counts, "faceset": part.fingerprint}
                for part in self.header.identities
            ],
            "shards": sum("array_record" in name for name in self.header.files),
            "bytes": sum(file.bytes for file in self.header.files.values()),
            "validation_share": self.header.validation_share,
            "segment_s": self.header.segment_s,
            "version": self.header.version,
            "fingerprint": self.fingerprint(),
        }


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Chips:
    """The chips of one identity, before they are divided.

    Attributes:
        origin: where they come from, for messages.
        fingerprint: SHA-256 in hex of their contents.
        source: index of each chip's footage.
        time_s: time of each chip in its footage, in seconds.
        examples: what is stored of the chips at some positions, in that order.
    """

    origin: str
    fingerprint: str
    source: np.ndarray
    time_s: np.ndarray
    examples: Callable[[Sequence[int]], Iterator[dict[str, Any]]]


def build(
    facesets: Mapping[str, Path],
    out: Path,
    *,
    data: config.DataConfig,
    noticed: notices.Notices | None = None,
    events: Events = SILENT,
) -> Dataset:
    """Write facesets as one dataset at `out`, or take the one that is there if it is the same.

    The dataset appears when it is complete; another dataset at `out` is replaced then.

    Args:
        facesets: folders of the facesets by the names of their identities.
        out: folder of the dataset.
        data: side of the chips, and what is held out for validation.
        noticed: hears of images that are left out.
        events: hears of the chips that are written.

    Raises:
        OutputError: if something that is no dataset is at `out`.
        FacesetError: if a folder is no faceset, or one of its chips is broken.
        DatasetError: if a faceset has too few chips, or a name cannot be an identity's.
        Stopped: if the caller wants to stop; nothing is written then.
    """
    check(list(facesets), out)
    opened = {name: faceset.Faceset.open(path) for name, path in facesets.items()}
    for faces in opened.values():
        if faces.unknown and noticed is not None:
            noticed.add(
                f"{len(faces.unknown)} images in {faces.path / 'chips'} are left out, such as "
                f"{faces.unknown[0]}: chips are known by the names that extract gave them"
            )
    return write(
        {name: _chips(faces, name, data.chip_size) for name, faces in opened.items()},
        out,
        data=data,
        events=events,
    )


def write(
    identities: Mapping[str, Chips], out: Path, *, data: config.DataConfig, events: Events = SILENT
) -> Dataset:
    """Write chips as one dataset, like `build`.

    Args:
        identities: the chips by the names of their identities.
        out: folder of the dataset.
        data: side of the chips, and what is held out for validation.
        events: hears of the chips that are written.

    Raises:
        OutputError: if something that is no dataset is at `out`.
        NewerFormatError: if a dataset of a newer jaxswap is at `out`.
        FacesetError: if an identity has too few chips.
        DatasetError: if a name cannot be an identity's.
        Stopped: if the caller wants to stop; nothing is written then.
    """
    check(list(identities), out)
    identities = dict(sorted(identities.items()))
    divided = {name: _divide(chips, data) for name, chips in identities.items()}
    fingerprints = {name: chips.fingerprint for name, chips in identities.items()}
    existing = _existing(out)
    if existing is not None and _is_built_from(existing, fingerprints, data):
        return existing
    with files.replacing_folder(out) as partial:
        _write_chips(partial, identities, divided, chip_size=data.chip_size, events=events)
        header = dataset_header.Header(
            chip_size=data.chip_size,
            validation_share=data.validation_share,
            segment_s=data.segment_s,
            identities=tuple(
                dataset_header.Part(
                    name=name, fingerprint=fingerprints[name], counts=_counts(divided[name])
                )
                for name in identities
            ),
            files=dataset_header.scan(partial),
            version=version.__version__,
        )
        dataset_header.write(partial, header)
    return Dataset(out, header)


def check(identities: Sequence[str], out: Path) -> None:
    """Refuse names and a place that no dataset can have, before any work is done.

    Raises:
        DatasetError: if a name cannot be an identity's.
        OutputError: if something that is no dataset is at `out`.
        NewerFormatError: if a dataset of a newer jaxswap is.
    """
    _check_names(list(identities))
    _check_place(out)


def _check_names(identities: list[str]) -> None:
    for name in identities:
        if not names.IDENTITY.fullmatch(name):
            raise errors.DatasetError(
                f"{name!r} cannot be the name of an identity: use up to 32 letters, digits, '_', "
                "'.' and '-', the first a letter or digit."
            )
    if len({name.lower() for name in identities}) != len(identities):
        raise errors.DatasetError(
            f"The identities {', '.join(identities)} differ by upper and lower case alone, which "
            "not every disk can tell apart. Choose other names."
        )
    if not identities:
        raise ValueError("`facesets` must name one or more.")


def _check_place(out: Path) -> None:
    files.check_plain(out)
    if (out / dataset_header.NAME).is_file():
        with contextlib.suppress(errors.DatasetError):  # a broken one is built again
            dataset_header.read(out)
        return
    if not out.exists():
        return
    if not out.is_dir() or any(out.iterdir()):
        raise errors.OutputError(
            f"{out} exists and is no dataset, so it stays as it is. Choose another name."
        )


def _existing(out: Path) -> Dataset | None:
    try:
        return Dataset.open(out)
    except errors.DatasetError:  # none, or a broken one: it is built again
        return None


def _is_built_from(
    existing: Dataset, fingerprints: Mapping[str, str], data: config.DataConfig
) -> bool:
    header = existing.header
    held_out = (header.validation_share, header.segment_s)
    return (
        list(existing.fingerprints.items()) == list(fingerprints.items())
        and header.chip_size == data.chip_size
        and held_out == (data.validation_share, data.segment_s)
    )


def _chips(faces: faceset.Faceset, name: str, chip_size: int) -> Chips:
    places = [_place(faces, record) for record in faces.records]

    def examples(positions: Sequence[int]) -> Iterator[dict[str, Any]]:
        for position in positions:
            yield face_chips.of_faceset(faces, faces.records[position], chip_size=chip_size)

    origin = f"The faceset {faces.path} of {name}"
    if len(faces.records) < MIN_CHIPS <= len(faces.records) + len(faces.unknown):
        raise errors.FacesetError(
            f"{origin} has {len(faces.unknown)} images in chips/ under other names than "
            f"records.jsonl gives them, such as {faces.unknown[0]}. Rename them back, or extract "
            "again: chips are known by their names."
        )
    return Chips(
        origin=origin,
        fingerprint=faces.fingerprint(),
        source=np.array([source for source, _ in places], np.int64),
        time_s=np.array([time_s for _, time_s in places], np.float64),
        examples=examples,
    )


def _divide(chips: Chips, data: config.DataConfig) -> splits.Split:
    if len(chips.source) < MIN_CHIPS:
        raise errors.FacesetError(
            f"{chips.origin} has {len(chips.source)} chips, and training needs "
            f"at least {MIN_CHIPS}. Extract more footage."
        )
    if len(set(zip(chips.source.tolist(), chips.time_s.tolist(), strict=True))) < 2:
        raise errors.FacesetError(
            f"{chips.origin} has chips of one moment alone, so that none can "
            "be held out for validation. Extract more footage."
        )
    return splits.by_time(
        chips.source, chips.time_s, share=data.validation_share, segment_s=data.segment_s
    )


def _place(faces: faceset.Faceset, record: records.ChipRecord) -> tuple[int, float]:
    """Source and time of a chip; lone images are one source together, in the order given."""
    kind = faces.sources[record.source].kind
    if kind == "image":
        return -1, record.source / IMAGES_PER_S
    return record.source, record.frame / IMAGES_PER_S if kind == "images" else record.time_s


def _counts(split: splits.Split) -> dict[str, int]:
    return {"train": len(split.train), "validation": len(split.validation)}


def _write_chips(
    root: Path,
    identities: Mapping[str, Chips],
    divided: Mapping[str, splits.Split],
    *,
    chip_size: int,
    events: Events,
) -> None:
    total = sum(sum(_counts(split).values()) for split in divided.values())
    steps = events.counted(range(total), "Building the dataset", total=total, unit="chips")
    with contextlib.closing(steps):
        for name, chips in identities.items():
            parts = {
                split: _part(chips, getattr(divided[name], split), steps)
                for split in dataset_header.SPLITS
            }
            config_ = face_chips.FaceChipsConfig(name=name, chip_size=chip_size, parts=parts)
            face_chips.write(root, config_)
        next(steps, None)  # the last is done


def _part(chips: Chips, positions: np.ndarray, steps: Iterator[int]) -> face_chips.Part:
    def examples(start: int, stop: int) -> Iterator[dict[str, Any]]:
        for one in chips.examples(positions[start:stop].tolist()):
            next(steps, None)
            yield one

    return face_chips.Part(count=len(positions), examples=examples)
