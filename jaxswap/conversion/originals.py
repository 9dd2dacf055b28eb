"""Frames on their way from the source to the output."""

import dataclasses
from typing import Generic, TypeVar

import av
import numpy as np

from jaxswap.types import ImageU8

Picture = TypeVar("Picture", av.VideoFrame, ImageU8)
"""What an output holds frames as: decoded ones of a video, or images."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Original(Generic[Picture]):
    """What must be kept of a frame until it is written."""

    pts: int | None
    picture: Picture
    name: str = ""
    """Of its file, if it is an image."""
    before: list[np.ndarray] | None = None
    """A copy of its planes in the output's coding, where it will be shown beside the result."""
