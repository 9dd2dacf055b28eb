"""What footage is, found by its headers and its first picture."""

import dataclasses
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import av.container

from jaxswap import errors, stills
from jaxswap.footage import image_frames, videos
from jaxswap.footage.frames import FootageInfo
from jaxswap.video import colorimetry, orientation, timing

_TOLD_TO_THE_END = frozenset({"matroska,webm", "asf"})
"""Formats whose headers say when a video ends, not how long it is: so do most writers of them."""


def probe(path: Path) -> FootageInfo:
    """What the footage is, upright size included.

    Raises:
        FootageError: if it is missing, unreadable, empty or holds no picture.
    """
    videos.check_kind(path)
    if path.is_dir():
        found = [image_frames.Entry(image) for image in image_frames.image_files(path)]
        return _probe_images(path, "images", found)
    kind = videos.kind_of(path)
    if kind == "still":
        return _probe_images(path, "image", [image_frames.Entry(path)])
    if kind == "pages":
        return _probe_images(path, "images", image_frames.pages(path))
    with videos.open_video(path) as container:
        return _probe_video(path, container)


def as_film(info: FootageInfo, frame_rate: Fraction) -> FootageInfo:
    """A folder of images, or the pages of a file, as a film of so many images a second.

    Raises:
        FootageError: if the footage is no folder of images.
        ValueError: if the rate is not positive.
    """
    if info.kind != "images" or info.num_frames is None:  # the images of a folder are counted
        raise errors.FootageError(
            f"{info.path} is no folder of images, which alone need --frame-rate. Leave it out."
        )
    if frame_rate <= 0:
        raise ValueError(f"`frame_rate` must be positive, not {frame_rate}.")
    duration = float(info.num_frames / frame_rate)
    return dataclasses.replace(info, frame_rate=frame_rate, duration_s=duration)


def _probe_video(path: Path, container: av.container.InputContainer) -> FootageInfo:
    stream = videos.picture_stream(container)
    width, height = stream.codec_context.width, stream.codec_context.height
    if not (0 < width * height <= stills.MAX_PIXELS):
        raise errors.FootageError(
            f"{path} has frames of {width}x{height} pixels, which cannot be read. Export it again."
        )
    first = videos.first_frame(container, stream)
    if first is not None:
        width, height = first.width, first.height
        if orientation.of(first).swaps_sides:
            width, height = height, width
    rate = Fraction(stream.average_rate) if stream.average_rate else None
    origin = (stream.start_time or 0) if first is None or first.pts is None else first.pts
    duration = _duration(container, stream)
    begins = float(origin * timing.unit(stream))
    if duration and container.format.name in _TOLD_TO_THE_END and 1 < begins < duration:
        duration -= begins
    num_frames = stream.frames or (round(duration * rate) if duration and rate else None)
    return FootageInfo(
        path=path,
        kind="video",
        width=width,
        height=height,
        num_frames=num_frames or None,
        duration_s=duration,
        frame_rate=rate,
        audio_streams=len(container.streams.audio),
        origin=origin,
        tags=None if first is None else colorimetry.ColorTags.of(first),
        bits=8 if first is None else max(one.bits for one in first.format.components),
    )


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """Seconds of the video stream: its own header, Matroska's tag, or else the whole file's."""
    if stream.duration:
        return float(stream.duration * timing.unit(stream))
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    return container.duration / av.time_base if container.duration else None


def _probe_images(
    path: Path, kind: Literal["image", "images"], pictures: Sequence[image_frames.Entry]
) -> FootageInfo:
    height, width = image_frames.first_readable(pictures).rgb_u8.shape[:2]
    return FootageInfo(path=path, kind=kind, width=width, height=height, num_frames=len(pictures))
