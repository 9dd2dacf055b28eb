"""Frames on their way from the source to the output."""

import dataclasses

import av

from jaxswap.types import ImageU8


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Original:
    """What must be kept of a frame until it is written."""

    pts: int | None
    name: str | None
    picture: av.VideoFrame | ImageU8
