"""Footage: a video, an image or a folder of images, read frame by frame.

Presentation times are kept as they are, variable rates too, and frames come upright.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np

from jaxswap import errors, images, types
from jaxswap.video import colorimetry, planes

_TEXT_FORMATS = frozenset({"tty"})  # FFmpeg draws a text file as a film of its letters


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One full image of the footage.

    Attributes:
        index: position in the footage, from 0.
        time_s: presentation time in seconds; for images their index.
        image_u8: RGB, upright.
        pts: presentation time in units of `time_base`; None for images.
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

    def __init__(self, path: Path, *, every: int = 1):
        if every < 1:
            raise ValueError(f"`every` must be >= 1, not {every}.")
        self.info = probe(path)
        self.lost: str | None = None
        self._every = every

    def __iter__(self) -> Iterator[Frame]:
        self.lost = None
        return self._video() if self.info.kind == "video" else self._images()

    @property
    def num_frames(self) -> int | None:
        """How many frames will come, by the headers."""
        total = self.info.num_frames
        return None if total is None else -(-total // self._every)

    def _images(self) -> Iterator[Frame]:
        path = self.info.path
        names = image_files(path) if self.info.kind == "images" else [path]
        broken = []
        for index, name in list(enumerate(names))[:: self._every]:
            try:
                image_u8 = images.read_u8(name)
            except errors.FootageError:
                broken.append(name.name)
                if len(broken) == len(range(0, len(names), self._every)):
                    raise
                continue
            yield Frame(index=index, time_s=float(index), image_u8=image_u8, name=name.name)
        if broken:
            shown = ", ".join(broken[:3]) + (", ..." if len(broken) > 3 else "")
            self.lost = f"{len(broken)} of {len(names)} images cannot be read: {shown}"

    def _video(self) -> Iterator[Frame]:
        with open_video(self.info.path) as container:
            stream = picture_stream(container)
            stream.thread_type = "AUTO"
            time_base = Fraction(stream.time_base)
            pts: int | None = None
            index, failure = 0, None
            site: planes.ChromaSite | None = None
            for video_frame, error in _decode(container, stream):
                if video_frame is None:
                    failure = _reason(error)
                    continue
                pts = _presentation(video_frame, stream, last=pts)
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
            start = (stream.start_time or 0) * time_base
            self._account(index, float((pts or 0) * time_base - start), failure)

    def _account(self, decoded: int, last_time: float, failure: str | None) -> None:
        path = self.info.path
        if decoded == 0:
            raise errors.FootageError(
                f"Not one frame of {path} decodes{f' ({failure})' if failure else ''}. "
                "Copy or export it again."
            )
        duration, rate = self.info.duration_s, self.info.frame_rate
        frame_s = 1.0 / float(rate) if rate else 0.0
        missing = (duration - last_time - frame_s) if duration else 0.0
        if missing > max(0.5, 2 * frame_s):
            self.lost = f"the last {missing:.1f} s of {path.name} do not decode"
        elif failure:
            self.lost = f"parts of {path.name} do not decode ({failure})"


def _decode(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[tuple[av.VideoFrame | None, Exception | None]]:
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
