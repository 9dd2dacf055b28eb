"""faceset.json: what a faceset is, and from what footage.

A faceset may come from a stranger, so every value is checked.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from jaxswap import errors, files, storing
from jaxswap.vision import alignment

FORMAT = 1
NAME = "faceset.json"
MAX_CHIP_SIZE = 2048


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """One footage.

    Attributes:
        name: of its file or folder.
        kind: video, image, or a folder of images.
        sha256: of the file in hex; None for a folder.
        frames: how many were searched.
        seconds: how long it is; None for images.
    """

    name: str
    kind: Literal["video", "image", "images"]
    sha256: str | None = None
    frames: int | None = None
    seconds: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Header:
    """What faceset.json says.

    Attributes:
        chip_size: side of the chips in pixels.
        sources: the footage, in the order that records count in.
        version: of jaxswap, when the faceset was extracted.
        template: the mean face to which the chips are aligned.
        config: the settings of the extraction, for people: nothing reads them back.
    """

    chip_size: int
    sources: tuple[Source, ...]
    version: str
    template: str
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 16 <= self.chip_size <= MAX_CHIP_SIZE:
            raise ValueError(f"`chip_size` must be in 16..{MAX_CHIP_SIZE}, not {self.chip_size}.")
        if self.template != alignment.TEMPLATE:
            raise ValueError(
                f"`template` must be {alignment.TEMPLATE!r}, not {self.template!r:.80}."
            )


def write(folder: Path, header: Header) -> None:
    """Write faceset.json into a folder that is being made."""
    files.write_json(folder / NAME, {"format": FORMAT, **storing.to_dict(header)})


def read(folder: Path) -> Header:
    """The checked contents of a folder's faceset.json.

    Raises:
        FacesetError: if it is broken.
        NewerFormatError: if a newer jaxswap wrote it.
    """
    path = folder / NAME
    try:
        return storing.from_dict(Header, storing.read_json(path, newest=FORMAT))
    except ValueError as error:
        raise errors.FacesetError(
            f"{path} cannot be read: {error} Extract the footage again."
        ) from error
