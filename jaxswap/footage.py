"""Footage: a video, an image or a folder of images, read frame by frame.

Presentation times are kept as they are, variable rates too, and frames come upright.
"""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np

from jaxswap import errors, images, spans, types
from jaxswap.video import colorimetry, planes

_TEXT_FORMATS = frozenset({"tty"})  # FFmpeg draws a text file as a film of its letters


_Decoded = tuple[av.VideoFrame | None, Exception | None]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One full image of the footage.

    Attributes:
        index: position in what is read of the footage, from 0.
        time_s: presentation time in seconds; for images without a frame rate their index.
        image_u8: RGB, upright.
        pts: presentation time in units of `time_base`; None for images without a frame rate.
        name: the image's file name; None for video.
        video_frame: the decoded frame as it came, for frames that pass through unchanged.
    """

    index: int
    time_s: float
    image_u8: types.ImageU8
    pts: int | None = None
    time_base: Fraction | None = None
    name: str | None = None
    video_frame: av.VideoFrame | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class FootageInfo:
    """What footage is, by its headers: `num_frames` and `duration_s` are estimates."""

    path: Path
    kind: Literal["video", "image", "images"]
    width: int
    height: int
    num_frames: int | None
    duration_s: float | None = None
    frame_rate: Fraction | None = None
    audio_streams: int = 0

    @property
    def moves(self) -> bool:
        """Whether a frame shows what was a moment after the one before it."""
        return self.kind == "video" or (self.kind == "images" and self.frame_rate is not None)


def probe(path: Path) -> FootageInfo:
    """What the footage is, upright size included.

    Raises:
        FootageError: if it is missing, unreadable, empty or holds no picture.
    """
    if path.is_dir():
        return _probe_images(path, "images", image_files(path))
    if path.suffix.lower() in images.SUFFIXES:
        return _probe_images(path, "image", [path])
    with open_video(path) as container:
        return _probe_video(path, container)


def image_files(folder: Path) -> list[Path]:
    """The images of a folder in natural order (2 before 10).

    Raises:
        FootageError: if there are none.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise errors.FootageError(
            f"The folder {folder} cannot be read ({_reason(error)}). Check its permissions."
        ) from error
    found = [
        path
        for path in entries
        if path.suffix.lower() in images.SUFFIXES and not path.name.startswith(".")
    ]
    if not found:
        raise errors.FootageError(
            f"The folder {folder} holds no image ({', '.join(images.SUFFIXES)}). "
            "Give a video file or a folder of images."
        )
    return sorted(found, key=lambda path: (_natural(path.name), path.name))


def open_video(path: Path) -> av.container.InputContainer:
    """Open a video for demuxing.

    Raises:
        FootageError: if it is missing, cannot be opened or has no video stream.
    """
    if not path.exists():
        raise errors.FootageError(f"There is no file {path}. Check the path.")
    if path.stat().st_size == 0:
        raise errors.FootageError(f"{path} is empty. Copy or export it again.")
    try:
        # An absolute path is no URL, and a playlist among the footage must not open the network.
        container = av.open(str(path.absolute()), options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise errors.FootageError(
            f"{path} cannot be read as a video ({_reason(error)}). "
            "Give a video file, an image or a folder of images."
        ) from error
    if not container.streams.video or container.format.name in _TEXT_FORMATS:
        container.close()
        raise errors.FootageError(f"{path} has no video stream. Give a file with pictures.")
    return container


def picture_stream(container: av.container.InputContainer) -> av.VideoStream:
    """The video stream of an opened video that is no cover picture."""
    films = [
        stream
        for stream in container.streams.video
        if av.stream.Disposition.attached_pic not in stream.disposition
    ]
    return (films or container.streams.video)[0]


def first_frame(
    container: av.container.InputContainer, stream: av.VideoStream
) -> av.VideoFrame | None:
    """The first frame that decodes; None if the first ones do not."""
    try:
        return next(container.decode(stream), None)
    except av.FFmpegError:
        return None


class FrameReader:
    """The frames of footage, one after the other, each decoded once.

    Attributes:
        info: what `probe` says of the footage.
        lost: after the last frame, what did not decode, in words; None if all did.
    """

    def __init__(
        self,
        path: Path,
        *,
        every: int = 1,
        span: spans.Span = spans.WHOLE,
        frame_rate: Fraction | None = None,
    ):
        """Look at the footage.

        Args:
            path: video, image or folder of images.
            every: take every n-th frame.
            span: the part that is read; a video is sought, not decoded from its beginning.
            frame_rate: images a second of a folder that is a film; None if they are unrelated.

        Raises:
            FootageError: if it cannot be read, ends before the span, or has no times to cut by.
        """
        if every < 1:
            raise ValueError(f"`every` must be >= 1, not {every}.")
        self.info = probe(path)
        self.lost: str | None = None
        self._every, self._span = every, span
        if frame_rate is not None:
            self.info = _as_film(self.info, frame_rate)
        duration = self.info.duration_s
        if span != spans.WHOLE and not self.info.moves:
            raise errors.FootageError(
                f"{path} has no times to cut by. Leave out --start and --end, or name the images a "
                "second of a folder with --frame-rate."
            )
        if duration is not None and span.start_s >= duration:
            raise errors.FootageError(
                f"{path} ends after {duration:g} s, before --start {float(span.start_s):g}. "
                "Choose an earlier one."
            )

    def __iter__(self) -> Iterator[Frame]:
        self.lost = None
        return self._video() if self.info.kind == "video" else self._images()

    @property
    def num_frames(self) -> int | None:
        """How many frames will come, by the headers."""
        total = self.info.num_frames
        if total is None:
            return None
        rate, end_s = self.info.frame_rate, self._span.end_s
        if rate is not None:
            last = total if end_s is None else min(total, math.ceil(end_s * rate))
            total = max(0, last - math.ceil(self._span.start_s * rate))
        return -(-total // self._every)

    def _images(self) -> Iterator[Frame]:
        path, rate = self.info.path, self.info.frame_rate
        names = image_files(path) if self.info.kind == "images" else [path]
        part = list(enumerate(names))
        if rate is not None:
            first, after = self._span.ticks(1 / rate, origin=0)
            part = part[first:after]
        part = part[:: self._every]
        broken = []
        for index, name in part:
            try:
                image_u8 = images.read_u8(name)
            except errors.FootageError:
                broken.append(name.name)
                if len(broken) == len(part):
                    raise
                continue
            yield Frame(
                index=index - part[0][0],
                time_s=float(index / (rate or 1)),
                image_u8=image_u8,
                name=name.name,
                pts=None if rate is None else index,
                time_base=None if rate is None else 1 / rate,
            )
        if broken:
            shown = ", ".join(broken[:3]) + (", ..." if len(broken) > 3 else "")
            self.lost = f"{len(broken)} of {len(names)} images cannot be read: {shown}"

    def _video(self) -> Iterator[Frame]:
        if self._span.start_s > 0:
            with open_video(self.info.path) as container:
                stream = picture_stream(container)
                decoded = self._sought(container, stream)
                if decoded is not None:
                    yield from self._part(stream, decoded)
                    return
        with open_video(self.info.path) as container:
            stream = picture_stream(container)
            stream.thread_type = "AUTO"
            yield from self._part(stream, _decode(container, stream))

    def _sought(
        self, container: av.container.InputContainer, stream: av.VideoStream
    ) -> Iterator[_Decoded] | None:
        """What decodes from the last key frame before the start; None if that cannot be found."""
        stream.thread_type = "AUTO"
        first, _ = self._span.ticks(Fraction(stream.time_base), origin=stream.start_time or 0)
        try:
            container.seek(first, stream=stream)
        except (av.FFmpegError, OSError):
            return None
        decoded = _decode(container, stream)
        head = next(decoded, None)
        if head is None or head[0] is None or head[0].pts is None or head[0].pts > first:
            return None
        return itertools.chain([head], decoded)

    def _part(self, stream: av.VideoStream, decoded: Iterator[_Decoded]) -> Iterator[Frame]:
        time_base, origin = Fraction(stream.time_base), stream.start_time or 0
        first, after = self._span.ticks(time_base, origin=origin)
        first = first if self._span.start_s > 0 else None  # pictures before 0 are not cut off
        pts: int | None = None
        index, failure = 0, None
        site: planes.ChromaSite | None = None
        for video_frame, error in decoded:
            if video_frame is None:
                failure = _reason(error)
                continue
            pts = _presentation(video_frame, stream, last=pts)
            if first is not None and pts < first:
                continue
            if after is not None and pts >= after:
                break
            site = site or planes.chroma_site(video_frame)
            if index % self._every == 0:
                yield Frame(
                    index=index,
                    time_s=float(pts * time_base),
                    image_u8=_upright(video_frame, site),
                    pts=pts,
                    time_base=time_base,
                    video_frame=video_frame,
                )
            index += 1
        self._account(index, float((pts or 0) * time_base - origin * time_base), failure)

    def _account(self, decoded: int, last_time: float, failure: str | None) -> None:
        path, end_s = self.info.path, self._span.end_s
        if decoded == 0 and self._span != spans.WHOLE and not failure:
            raise errors.FootageError(
                f"{path} shows no frame between --start and --end. Choose a longer part."
            )
        if decoded == 0:
            raise errors.FootageError(
                f"Not one frame of {path} decodes{f' ({failure})' if failure else ''}. "
                "Copy or export it again."
            )
        duration, rate = self.info.duration_s, self.info.frame_rate
        frame_s = 1.0 / float(rate) if rate else 0.0
        if duration and end_s is not None:
            duration = min(duration, float(end_s))
        missing = (duration - last_time - frame_s) if duration else 0.0
        if missing > max(0.5, 2 * frame_s):
            self.lost = f"the last {missing:.1f} s of {path.name} do not decode"
        elif failure:
            self.lost = f"parts of {path.name} do not decode ({failure})"


def _as_film(info: FootageInfo, frame_rate: Fraction) -> FootageInfo:
    if info.kind != "images":
        raise errors.FootageError(
            f"{info.path} is no folder of images, which alone need --frame-rate. Leave it out."
        )
    if frame_rate <= 0:
        raise ValueError(f"`frame_rate` must be positive, not {frame_rate}.")
    duration = float(info.num_frames / frame_rate)
    return dataclasses.replace(info, frame_rate=frame_rate, duration_s=duration)


def _decode(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[_Decoded]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError) as error:
            yield None, error
            packets = iter([None])  # what the decoder still holds
            continue
        try:
            for frame in stream.decode(packet):
                yield frame, None
        except av.FFmpegError as error:
            yield None, error


def _presentation(video_frame: av.VideoFrame, stream: av.VideoStream, *, last: int | None) -> int:
    """The frame's time in units of the stream's time base; counted on where there is none."""
    if video_frame.pts is not None:
        return video_frame.pts
    rate = Fraction(stream.average_rate or 25)
    step = max(1, round(1 / (rate * Fraction(stream.time_base))))
    return 0 if last is None else last + step


def _upright(video_frame: av.VideoFrame, site: planes.ChromaSite) -> types.ImageU8:
    image_u8 = colorimetry.rgb_u8_from_frame(video_frame, site=site)
    quarter_turns = round(video_frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image_u8, quarter_turns))


def _probe_video(path: Path, container: av.container.InputContainer) -> FootageInfo:
    stream = picture_stream(container)
    width, height = stream.codec_context.width, stream.codec_context.height
    if not (0 < width * height <= images.MAX_PIXELS):
        raise errors.FootageError(
            f"{path} has frames of {width}x{height} pixels, which cannot be read. Export it again."
        )
    first = first_frame(container, stream)
    if first is not None and round(first.rotation / 90) % 2:
        width, height = height, width
    rate = Fraction(stream.average_rate) if stream.average_rate else None
    duration = _duration(container, stream)
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
    )


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """Seconds of the video stream: its own header, Matroska's tag, or else the whole file's."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:
        return int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3])
    return container.duration / av.time_base if container.duration else None


def _probe_images(
    path: Path, kind: Literal["image", "images"], files: Sequence[Path]
) -> FootageInfo:
    height, width = _first_readable(files).shape[:2]
    return FootageInfo(path=path, kind=kind, width=width, height=height, num_frames=len(files))


def _first_readable(files: Sequence[Path]) -> types.ImageU8:
    for path in files[:-1]:
        try:
            return images.read_u8(path)
        except errors.FootageError:
            continue
    return images.read_u8(files[-1])


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
