"""Frames on their way from the source to the output."""

import dataclasses

import av
import numpy as np

from jaxswap.types import ImageU8


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Original:
    """What must be kept of a frame until it is written."""

    pts: int | None
    name: str | None
    picture: av.VideoFrame | ImageU8
    before: list[np.ndarray] | None = None
    """A copy of its planes in the output's coding, where it will be shown beside the result."""
