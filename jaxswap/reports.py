"""What the functions of the library return, where no room below has a report of its own.

Paths are as the caller gave them.
"""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class BuildReport:
    """A dataset that was built, or was there already."""

    path: str
    """Its folder."""
    chips: Mapping[str, Mapping[str, int]]
    """How many there are, by identity and by split: `train` and `validation`."""
    fingerprint: str
    """SHA-256 in hex: equal for datasets of equal contents."""
    notices: tuple[str, ...]
    """What of the facesets was left out, a line each."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """How far a training came."""

    path: str
    """The run folder."""
    step: int
    """The step that was reached; its checkpoint is saved."""
    steps: int
    """The last step of the configuration."""
    stopped: bool
    """Whether somebody stopped the training before its last step. The same call goes on."""
    notices: tuple[str, ...]
    """What of the facesets was left out, a line each."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreviewReport:
    """A preview that was drawn."""

    path: str
    """The picture."""
    step: int
    """The checkpoint that it shows."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Track:
    """Somebody in footage."""

    number: int
    """Names them in `convert`."""
    frames: int
    """Frames or images that show them."""
    first_s: float
    last_s: float
    """When they are first and last seen, in seconds."""
    image: str | None
    """The image that shows them, by its file name; None in a video."""
    picture: str
    """A picture of them, by its file name in the folder of the report."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FacesReport:
    """Who is in footage."""

    path: str
    """Folder of the pictures, with a sheet of all: faces.png."""
    tracks: tuple[Track, ...]
    """In the order of their numbers."""
    notices: tuple[str, ...]
    """What of the footage was left out or not read, a line each."""
