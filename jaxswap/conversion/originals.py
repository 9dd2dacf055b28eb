"""Frames on their way from the source to the output."""

import dataclasses
from typing import Generic, TypeVar

import av
import numpy as np

from jaxswap import stills

Picture = TypeVar("Picture", av.VideoFrame, stills.Pixels)
"""What an output holds frames as: decoded ones of a video, or images."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Original(Generic[Picture]):
    """What must be kept of a frame until it is written."""

    pts: int | None
    picture: Picture
    name: str = ""
    """Of its file, if it is an image."""
    still: stills.Still | None = None
    """The image and what its file says of it, if it is one."""
    before: list[np.ndarray] | None = None
    """A copy of its planes in the output's coding, where it will be shown beside the result."""
