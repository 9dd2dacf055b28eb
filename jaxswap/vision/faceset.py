"""A faceset: a folder of chips that a person can look through and prune.

faceset.json says what it is, records.jsonl has a line for each chip, chips/ holds the images.
Deleting an image removes that face; nothing else needs to change. A folder masks/ may hold a mask
for some chips, under the chip's name: white where the face is seen, black where something hides it.
"""

import collections
import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import errors, files, geometry, images, stills, types
from jaxswap.vision import faceset_header, masks, records

MAX_RECORD_BYTES = 100_000


class Faceset:
    """An opened faceset.

    Attributes:
        path: its folder.
        chip_size: side of its chips in pixels.
        sources: the footage that it came from.
        records: those whose image is still there, in the order of extraction.
        unknown: names of images in chips/ that no record has, sorted; such an image is not read.
    """

    def __init__(self, path: Path, header: faceset_header.Header, found: list[records.ChipRecord]):
        self.path = path
        self.chip_size = header.chip_size
        self.sources = header.sources
        self._header = header
        present = {name.name for name in (path / "chips").iterdir()}
        self.records = [record for record in found if record.image in present]
        self.num_pruned = len(found) - len(self.records)
        known = {record.image for record in found}
        self.unknown = sorted(
            name for name in present - known if name.lower().endswith(stills.SUFFIXES)
        )
        drawn = path / "masks"
        self._masks = {name.name for name in drawn.iterdir()} if drawn.is_dir() else set()

    @classmethod
    def open(cls, path: Path) -> "Faceset":
        """Open a faceset; its images are read when they are asked for.

        Raises:
            FacesetError: if the folder is no faceset, or one of its records is broken.
            NewerFormatError: if a newer jaxswap wrote it.
        """
        if not (path / faceset_header.NAME).is_file() or not (path / "chips").is_dir():
            raise errors.FacesetError(
                f"{path} is no faceset (it has no faceset.json and chips/). "
                f"Make one: jaxswap extract FOOTAGE --out {path}"
            )
        header = faceset_header.read(path)
        found = _read_records(path / "records.jsonl", num_sources=len(header.sources))
        return cls(path, header, found)

    def chip_u8(self, record: records.ChipRecord) -> types.ImageU8:
        """The pixels of a chip.

        Raises:
            FacesetError: if the image is broken or of another size.
        """
        return self._picture_u8(
            self.path / "chips" / record.image,
            what="chip",
            if_broken="Delete that image: the faceset goes on without it.",
            if_resized="Delete that image, or undo the change.",
        )

    def landmarks(self, record: records.ChipRecord) -> np.ndarray:
        """The mesh of a chip in unit coordinates: 0 and 1 are the chip's edges. [468, 2]."""
        pixels = geometry.apply(record.chip_from_frame, record.landmarks_468.astype(np.float64))
        return ((pixels + 0.5) / self.chip_size).astype(np.float32)

    def regions_u8(self, record: records.ChipRecord, *, size: int) -> types.RegionsU8:
        """Masks of face, eyes and mouth for a chip at `size` pixels, by its landmarks and mask.

        Raises:
            FacesetError: if its file in masks/ is broken or of another size.
        """
        regions_u8 = masks.regions(self.landmarks(record) * size - 0.5, size=size)
        seen_u8 = self._seen_u8(record)
        if seen_u8 is None:
            return regions_u8
        seen_u8 = images.resize_u8(seen_u8, size).min(axis=-1, keepdims=True)
        return np.minimum(regions_u8, seen_u8)

    def _seen_u8(self, record: records.ChipRecord) -> types.ImageU8 | None:
        """The picture in masks/; None where there is none and the whole face is seen."""
        if record.image not in self._masks:
            return None
        return self._picture_u8(
            self.path / "masks" / record.image,
            what="mask",
            if_broken="Draw it again, or delete it.",
            if_resized="Draw it again at that size, or delete it.",
        )

    def _picture_u8(
        self, path: Path, *, what: str, if_broken: str, if_resized: str
    ) -> types.ImageU8:
        """A picture of the side of the chips, or the remedy for one that is not."""
        try:
            image_u8 = images.read_u8(path)
        except errors.FootageError as error:
            raise errors.FacesetError(f"The {what} {path} is broken. {if_broken}") from error
        if image_u8.shape != (self.chip_size, self.chip_size, 3):
            raise errors.FacesetError(
                f"The {what} {path} has {image_u8.shape[1]}x{image_u8.shape[0]} pixels, not "
                f"{self.chip_size}x{self.chip_size}. {if_resized}"
            )
        return image_u8

    def fingerprint(self) -> str:
        """SHA-256 over the records, images and masks of all chips, in the order of their names.

        Raises:
            FacesetError: if an image was deleted since the faceset was opened.
        """
        digest = hashlib.sha256()
        for record in sorted(self.records, key=lambda record: record.image):
            try:
                image = files.sha256(self.path / "chips" / record.image)
                if record.image in self._masks:
                    image += f" {files.sha256(self.path / 'masks' / record.image)}"
            except FileNotFoundError as error:
                raise errors.FacesetError(
                    f"{record.image} of {self.path} was deleted while the faceset was in use. "
                    "Start again."
                ) from error
            digest.update(f"{records.to_json(record)}\n{image}\n".encode())
        return digest.hexdigest()

    def info(self) -> dict[str, Any]:
        """What the faceset is, as JSON values."""
        tracks = collections.Counter((record.source, record.track) for record in self.records)
        return {
            "kind": "faceset",
            "chips": len(self.records),
            "pruned": self.num_pruned,
            "unknown": len(self.unknown),
            "chip_size": self.chip_size,
            "tracks": len(tracks),
            "sources": [
                {
                    **dataclasses.asdict(source),
                    "chips": sum(n for (index, _), n in tracks.items() if index == i),
                }
                for i, source in enumerate(self.sources)
            ],
            "template": self._header.template,
            "version": self._header.version,
            "fingerprint": self.fingerprint(),
        }


def _read_records(path: Path, *, num_sources: int) -> list[records.ChipRecord]:
    if not path.is_file():
        raise errors.FacesetError(f"{path} is missing. Extract the footage again.")
    found: dict[str, records.ChipRecord] = {}
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_RECORD_BYTES):
            number += 1
            try:
                record = records.from_json(line.decode("utf-8"))
                if record.source >= num_sources:
                    raise ValueError(f"source {record.source} of {num_sources}")
                if record.image in found:
                    raise ValueError(f"{record.image} a second time")
            except (ValueError, RecursionError) as error:
                raise errors.FacesetError(
                    f"Line {number} of {path} is broken ({error}). Delete that line."
                ) from error
            found[record.image] = record
    return list(found.values())
