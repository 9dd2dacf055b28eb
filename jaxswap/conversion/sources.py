"""What an output must know of the footage before its first frame comes."""

import dataclasses
import math
from fractions import Fraction
from pathlib import Path

import av.container
from av.format import Flags

from jaxswap import config, footage, spans
from jaxswap.conversion import hdr
from jaxswap.video import colorimetry, orientation, planes, timing

_NEAR_S = 1
"""Where a clock begins later, the output begins at 0 all the same."""

_PICTURES = colorimetry.ColorTags(colorspace=1, color_range=1, color_primaries=1, color_trc=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Frames that will come, and the file that other streams are taken from."""

    path: Path
    span: spans.Span
    """The part of it that is written."""
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
    has_streams: bool
    """Whether the file may hold streams beside the pictures."""
    origin: int = 0
    """Time of the footage's first frame, in `time_base`."""
    zero: int = 0
    """What becomes 0 in the output where that begins with the footage, in `time_base`."""
    sound: config.Sound = "copy"
    """What becomes of the sound."""


def of(
    info: footage.FootageInfo, *, span: spans.Span = spans.WHOLE, sound: config.Sound = "copy"
) -> Source:
    """The source that a video or a folder of images with a frame rate is.

    Args:
        info: of the footage.
        span: the part of it that is written.
        sound: what becomes of its sound.

    Raises:
        FootageError: if it cannot be read.
    """
    return _of_video(info, span, sound) if info.kind == "video" else _of_images(info, span)


def _of_images(info: footage.FootageInfo, span: spans.Span) -> Source:
    rate, count = info.frame_rate, info.num_frames
    if rate is None or count is None:
        raise ValueError(f"Images need a frame rate to become a video: {info.path} has none.")
    _, after = span.ticks(1 / rate, origin=0)
    return Source(
        path=info.path,
        span=span,
        width=info.width,
        height=info.height,
        pix_fmt="yuv420p",
        tags=_PICTURES,
        site=planes.DEFAULT_SITE,
        light=hdr.NONE,
        time_base=1 / rate,
        rate=rate,
        sample_aspect=None,
        end=count if after is None else min(after, count),
        has_streams=False,
    )


def _of_video(info: footage.FootageInfo, span: spans.Span, sound: config.Sound) -> Source:
    with footage.open_video(info.path) as container:
        stream = footage.picture_stream(container)
        codec = stream.codec_context
        first = footage.first_frame(container, stream)
        shape = stream.sample_aspect_ratio
        turned = first is not None and orientation.of(first).swaps_sides
        end = None
        if stream.duration is not None and stream.start_time is not None:
            end = stream.start_time + stream.duration
        unit = timing.unit(stream)
        _, after = span.ticks(unit, origin=info.origin)
        ends = [time for time in (end, after) if time is not None]
        return Source(
            path=info.path,
            span=span,
            width=info.width,
            height=info.height,
            pix_fmt=codec.pix_fmt or "yuv420p",
            tags=colorimetry.ColorTags.of(codec),
            site=planes.DEFAULT_SITE if first is None else planes.chroma_site(first),
            light=hdr.NONE if first is None else hdr.Hdr.of(first),
            time_base=unit,
            rate=Fraction(stream.average_rate or stream.guessed_rate or 25),
            sample_aspect=(1 / shape if turned else shape) if shape else None,
            end=min(ends, default=None),
            origin=info.origin,
            zero=_zero(info, container, unit),
            sound=sound,
            has_streams=True,
        )


def _zero(info: footage.FootageInfo, container: av.container.InputContainer, unit: Fraction) -> int:
    """Where the pictures or the sound begin, if that is not near 0; in ticks of the pictures."""
    starts = [info.origin * unit] + [
        stream.start_time * timing.unit(stream)
        for stream in container.streams.audio
        if stream.start_time is not None
    ]
    least_s = 0 if container.format.flags & Flags.ts_discont.value else _NEAR_S
    earliest_s = min(starts)
    return math.floor(earliest_s / unit) if earliest_s > least_s else 0
