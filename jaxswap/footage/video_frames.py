"""The frames of a video: sought, decoded, given their times and turned upright."""

import itertools
from collections.abc import Generator, Iterator
from fractions import Fraction

import av
import av.container
import av.error

from jaxswap import notices, spans
from jaxswap.footage import lost, uniform, videos
from jaxswap.footage.frames import FootageInfo, Frame
from jaxswap.video import planes, timing

Decoded = av.VideoFrame | Exception
"""A decoded frame, or why the next one did not decode."""


def read(
    info: FootageInfo, *, every: int, span: spans.Span, noticed: notices.Notices
) -> Generator[Frame]:
    """The frames of a video, in order.

    Args:
        info: of the video.
        every: take every n-th frame.
        span: the part that is read; the video is sought, not decoded from its beginning.
        noticed: hears at the end what did not decode.

    Raises:
        FootageError: if the video cannot be opened, or not one frame of the part decodes.
    """
    if span.start_s > 0:
        with videos.open_video(info.path) as container:
            stream = videos.picture_stream(container)
            decoded = _sought(container, stream, span)
            if decoded is not None:
                yield from _part(info, stream, decoded, every, span, noticed)
                return
    with videos.open_video(info.path) as container:
        stream = videos.picture_stream(container)
        stream.thread_type = "AUTO"
        decoded = decode(container, stream)
        yield from _part(info, stream, decoded, every, span, noticed)


def decode(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[Decoded]:
    """The frames of a stream from where its container stands, with the errors in between."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError) as error:
            yield error
            packets = iter([None])  # what the decoder still holds
            continue
        try:
            yield from stream.decode(packet)
        except av.error.FFmpegError as error:
            yield error


def _sought(
    container: av.container.InputContainer, stream: av.VideoStream, span: spans.Span
) -> Iterator[Decoded] | None:
    """What decodes from the last key frame before the start; None if that cannot be found."""
    stream.thread_type = "AUTO"
    first, _ = span.ticks(timing.unit(stream), origin=stream.start_time or 0)
    try:
        container.seek(first, stream=stream)
    except (av.error.FFmpegError, OSError):
        return None
    decoded = decode(container, stream)
    head = next(decoded, None)
    if not isinstance(head, av.VideoFrame) or head.pts is None or head.pts > first:
        return None
    return itertools.chain([head], decoded)


def _part(
    info: FootageInfo,
    stream: av.VideoStream,
    decoded: Iterator[Decoded],
    every: int,
    span: spans.Span,
    noticed: notices.Notices,
) -> Generator[Frame]:
    time_base, origin = timing.unit(stream), stream.start_time or 0
    first, after = span.ticks(time_base, origin=origin)
    first = first if span.start_s > 0 else None  # pictures before 0 are not cut off
    pts: int | None = None
    index, failure = 0, None
    film: uniform.Film | None = None
    for video_frame in decoded:
        if isinstance(video_frame, Exception):
            failure = lost.reason(video_frame)
            continue
        pts = _presentation(video_frame, stream, last=pts)
        if first is not None and pts < first:
            continue
        if after is not None and pts >= after:
            break
        film = film or uniform.Film(info, site=planes.chroma_site(video_frame), noticed=noticed)
        if index % every == 0:
            fitted, turn, image_u8 = film.fitted(video_frame)
            yield Frame(
                index=index,
                time_s=float(pts * time_base),
                image_u8=image_u8,
                pts=pts,
                time_base=time_base,
                video_frame=fitted,
                turn=turn,
            )
        index += 1
    noticed.add(
        *lost.of_video(
            info,
            span=span,
            num_decoded=index,
            last_s=float((pts or 0) * time_base - origin * time_base),
            failure=failure,
        )
    )


def _presentation(video_frame: av.VideoFrame, stream: av.VideoStream, *, last: int | None) -> int:
    """The frame's time in units of the stream's time base; counted on where there is none."""
    if video_frame.pts is not None:
        return video_frame.pts
    rate = Fraction(stream.average_rate or 25)
    step = max(1, round(1 / (rate * timing.unit(stream))))
    return 0 if last is None else last + step
