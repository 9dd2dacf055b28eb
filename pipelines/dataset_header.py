"""dataset.json: what a dataset holds, and the checksum of each of its files.

A dataset may come from a stranger, so every value is checked and no path leads out of the folder.
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from jaxswap import errors, files, names, storing

FORMAT = 1
NAME = "dataset.json"
SPLITS = ("train", "validation")
MAX_BYTES = 100_000_000
"""Each shard has a line in the file."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """One identity: its name, the fingerprint of its faceset, and chips by split."""

    name: str
    fingerprint: str
    counts: Mapping[str, int]

    def __post_init__(self) -> None:
        _check_text(self.name, "name", names.IDENTITY)
        _check_text(self.fingerprint, "fingerprint", _SHA256)
        if set(self.counts) != set(SPLITS) or min(self.counts.values()) < 1:
            raise ValueError(f"`counts` must be whole numbers >= 1 for {' and '.join(SPLITS)}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """Size and checksum of a file."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if self.bytes < 0:
            raise ValueError(f"`bytes` must be >= 0, not {self.bytes}.")
        _check_text(self.sha256, "sha256", _SHA256)


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

    def __post_init__(self) -> None:
        if not 16 <= self.chip_size <= 2048:
            raise ValueError(f"`chip_size` must be in 16..2048, not {self.chip_size}.")
        identities = {part.name for part in self.identities}
        if not identities or len(identities) != len(self.identities):
            raise ValueError("`identities` must be one or more, each once.")
        for name in self.files:
            _check_place(name, identities)
        _check_text(self.version, "version", re.compile(r"[\w.+-]{1,64}"))

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
    files.write_json(folder / NAME, {"format": FORMAT, **storing.to_dict(header)})


def read(folder: Path) -> Header:
    """The checked contents of a folder's dataset.json; its files are for `Header.verify`.

    Raises:
        DatasetError: if there is none, or it is broken.
        NewerFormatError: if a newer jaxswap wrote it.
    """
    if not (folder / NAME).is_file():
        raise errors.DatasetError(
            f"{folder} is no dataset (it has no {NAME}). "
            f"Make one: jaxswap build FACESET... --out {folder}"
        )
    try:
        values = storing.read_json(folder / NAME, newest=FORMAT, max_bytes=MAX_BYTES)
        return storing.from_dict(Header, values)
    except ValueError as error:
        raise errors.DatasetError(
            f"{folder / NAME} cannot be read: {error} Build the dataset again."
        ) from error


def scan(folder: Path) -> dict[str, File]:
    """Size and checksum of all files below `folder`, by their relative paths, sorted."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): File(
            bytes=path.stat().st_size, sha256=files.sha256(path)
        )
        for path in found
    }


def _check_place(name: str, identities: set[str]) -> None:
    parts = name.split("/")
    expected = len(parts) == 4 and parts[0] == "face_chips" and parts[1] in identities
    if not expected or not all(_FILE_NAME.fullmatch(part) for part in parts[2:]):
        raise ValueError(f"`files` has {name!r:.80}, which is no place of a file of a dataset.")


def _check_text(value: str, name: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise ValueError(f"`{name}` must be of the form {pattern.pattern}, not {value!r:.80}.")


def _broken(folder: Path, reason: str) -> errors.DatasetError:
    return errors.DatasetError(f"The dataset {folder} is broken: {reason}. Build it again.")
