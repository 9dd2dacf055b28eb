"""What footage is, and what a frame of it is."""

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av

from jaxswap import stills, types
from jaxswap.video import colorimetry, orientation


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One full image of the footage.

    Attributes:
        index: position in what is read of the footage, from 0.
        time_s: presentation time in seconds; for images without a frame rate their index.
        image_u8: sRGB, upright.
        pts: presentation time in units of `time_base`; None for images without a frame rate.
        name: the image's file name; None for video.
        video_frame: the decoded frame as it came, for frames that pass through unchanged.
        turn: how the decoded frame must be turned to be upright.
        still: the picture as its file holds it; None for video.
    """

    index: int
    time_s: float
    image_u8: types.ImageU8
    pts: int | None = None
    time_base: Fraction | None = None
    name: str | None = None
    video_frame: av.VideoFrame | None = None
    turn: orientation.Orientation = orientation.STORED
    still: stills.Still | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class FootageInfo:
    """What footage is, by its headers: `num_frames` and `duration_s` are estimates.

    `origin` is the time of a video's first frame, in ticks of its stream.
    A file of many pages is a folder of them: of the kind `images`.
    """

    path: Path
    kind: Literal["video", "image", "images"]
    width: int
    height: int
    num_frames: int | None
    duration_s: float | None = None
    frame_rate: Fraction | None = None
    audio_streams: int = 0
    origin: int = 0
    tags: colorimetry.ColorTags | None = None
    """How the colours of a video's first frame are coded; None of images."""
    bits: int = 8
    """Of a video's colours."""

    @property
    def moves(self) -> bool:
        """Whether a frame shows what was a moment after the one before it."""
        return self.kind == "video" or (self.kind == "images" and self.frame_rate is not None)
