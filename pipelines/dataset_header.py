"""dataset.json: what a dataset holds, and the checksum of each of its files.

A dataset may come from a stranger, so every value is checked and no path leads out of the folder.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxswap import errors, files

FORMAT = 1
NAME = "dataset.json"
SPLITS = ("train", "validation")
IDENTITY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """One identity: its name, the fingerprint of its faceset, and chips by split."""

    name: str
    fingerprint: str
    counts: Mapping[str, int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """Size and checksum of a file."""

    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Header:
    """What dataset.json says.

    Attributes:
        chip_size: side of the chips in pixels.
        validation_share: share of the time that was held out.
        segment_s: length in seconds of the segments that were held out.
        identities: in their order.
        files: by path below the dataset's folder, with "/" between its parts.
        version: of jaxswap, when the dataset was built.
    """

    chip_size: int
    validation_share: float
    segment_s: float
    identities: tuple[Part, ...]
    files: Mapping[str, File]
    version: str

    def verify(self, folder: Path) -> None:
        """Compare every file of the dataset with its checksum.

        Raises:
            DatasetError: if one is missing or differs; names it.
        """
        for name, file in self.files.items():
            path = folder / name
            if not path.resolve().is_relative_to(folder.resolve()):
                raise _broken(folder, f"{name} leads out of the folder")
            if not path.is_file():
                raise _broken(folder, f"{name} is missing")
            size = path.stat().st_size
            if size != file.bytes:
                raise _broken(folder, f"{name} has {size:,} bytes, not {file.bytes:,}")
            if files.sha256(path) != file.sha256:
                raise _broken(folder, f"{name} fails its checksum")


def write(folder: Path, header: Header) -> None:
    """Write dataset.json into a folder that is being made."""
    files.write_json(folder / NAME, {"format": FORMAT, **dataclasses.asdict(header)})


def read(folder: Path) -> Header:
    """The checked contents of a folder's dataset.json; its files are for `Header.verify`.

    Raises:
        DatasetError: if there is none, or it is broken.
    """
    if not (folder / NAME).is_file():
        raise errors.DatasetError(
            f"{folder} is no dataset (it has no {NAME}). "
            f"Make one: jaxswap build FACESET... --out {folder}"
        )
    try:
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return _parse(values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _broken(folder, f"{NAME} is not as this version writes it: {error!r}") from error


def scan(folder: Path) -> dict[str, File]:
    """Size and checksum of all files below `folder`, by their relative paths, sorted."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): File(
            bytes=path.stat().st_size, sha256=files.sha256(path)
        )
        for path in found
    }


def _parse(values: Any) -> Header:
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']!r}, not {FORMAT}")
    identities = tuple(_part(value) for value in values["identities"])
    names = {part.name for part in identities}
    if not identities or len(names) != len(identities):
        raise ValueError("identities must be one or more, each once")
    return Header(
        chip_size=_whole(values["chip_size"], at_least=16, at_most=2048),
        validation_share=float(values["validation_share"]),
        segment_s=float(values["segment_s"]),
        identities=identities,
        files={
            _file_name(name, names): File(
                bytes=_whole(file["bytes"]), sha256=_text(file["sha256"], _SHA256)
            )
            for name, file in values["files"].items()
        },
        version=_text(values["version"], re.compile(r"[\w.+-]{1,64}")),
    )


def _part(value: Any) -> Part:
    return Part(
        name=_text(value["name"], IDENTITY_NAME),
        fingerprint=_text(value["fingerprint"], _SHA256),
        counts={split: _whole(value["counts"][split], at_least=1) for split in SPLITS},
    )


def _file_name(name: str, identities: set[str]) -> str:
    parts = name.split("/")
    expected = len(parts) == 4 and parts[0] == "face_chips" and parts[1] in identities
    if not expected or not all(_FILE_NAME.fullmatch(part) for part in parts[2:]):
        raise ValueError(f"{name!r} is no place of a file of a dataset")
    return name


def _whole(value: Any, *, at_least: int = 0, at_most: int = 2**53) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
        raise ValueError(f"{value!r} is no whole number in {at_least}..{at_most}")
    return value


def _text(value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is not of the form {pattern.pattern}")
    return value


def _broken(folder: Path, reason: str) -> errors.DatasetError:
    return errors.DatasetError(f"The dataset {folder} is broken: {reason}. Build it again.")
