"""What an output must know of the footage before its first frame comes."""

import dataclasses
from fractions import Fraction
from pathlib import Path

from jaxswap import footage
from jaxswap.conversion import hdr
from jaxswap.video import colorimetry, planes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Frames that will come, and the file that other streams are taken from."""

    path: Path
    width: int
    """Of the upright frame in pixels."""
    height: int
    pix_fmt: str
    """FFmpeg's name of the format in which frames are decoded."""
    tags: colorimetry.ColorTags
    site: planes.ChromaSite
    light: hdr.Hdr
    time_base: Fraction
    """Unit of the frames' times, in seconds."""
    rate: Fraction
    """Frames a second, about."""
    sample_aspect: Fraction | None
    """Width of a pixel by its height, upright."""
    end: int | None
    """When the last frame is over, in `time_base`."""


def of(info: footage.FootageInfo) -> Source:
    """The source that a video is.

    Raises:
        FootageError: if it cannot be read.
    """
    with footage.open_video(info.path) as container:
        stream = footage.picture_stream(container)
        codec = stream.codec_context
        first = footage.first_frame(container, stream)
        shape = stream.sample_aspect_ratio
        turned = (codec.width, codec.height) != (info.width, info.height)
        known = stream.duration is not None and stream.start_time is not None
        return Source(
            path=info.path,
            width=info.width,
            height=info.height,
            pix_fmt=codec.pix_fmt or "yuv420p",
            tags=colorimetry.ColorTags.of(codec),
            site=planes.DEFAULT_SITE if first is None else planes.chroma_site(first),
            light=hdr.NONE if first is None else hdr.Hdr.of(first),
            time_base=Fraction(stream.time_base),
            rate=Fraction(stream.average_rate or stream.guessed_rate or 25),
            sample_aspect=(1 / shape if turned else shape) if shape else None,
            end=stream.start_time + stream.duration if known else None,
        )
