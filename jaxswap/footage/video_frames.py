"""The frames of a video: sought, decoded, given their times and turned upright."""

import itertools
from collections.abc import Generator, Iterable, Iterator
from fractions import Fraction

import av
import av.container
import av.error

from jaxswap import notices, spans
from jaxswap.footage import gaps, lost, uniform, videos
from jaxswap.footage.frames import FootageInfo, Frame
from jaxswap.video import planes, timeline, timing

Decoded = av.VideoFrame | Exception
"""A decoded frame, or why the next one did not decode."""
Moved = av.Packet | Exception
"""A packet with its time in the timeline, or why the next one was not read."""

_MOST_WAITING_BYTES = 64 << 20  # packets that wait until it is known where to begin to decode


def read(
    info: FootageInfo, *, every: int, span: spans.Span, noticed: notices.Notices
) -> Generator[Frame]:
    """The frames of a video, in order; their times rise.

    Args:
        info: of the video.
        every: take every n-th frame.
        span: the part that is read; what is before it is not decoded, where that can be.
        noticed: hears at the end what did not decode, and which times are not the file's.

    Raises:
        FootageError: if the video cannot be opened, or not one frame of the part decodes.
    """
    if span.start_s > 0:
        with videos.open_video(info.path) as container:
            stream = videos.picture_stream(container)
            stream.thread_type = "AUTO"
            line = timeline.Timeline(stream, container)
            decoded = _late(info, container, stream, line, span)
            if decoded is not None:
                yield from _part(info, stream, line, decoded, every, span, noticed)
                return
    with videos.open_video(info.path) as container:
        stream = videos.picture_stream(container)
        stream.thread_type = "AUTO"
        line = timeline.Timeline(stream, container)
        decoded = decode(stream, packets(container, stream, line))
        yield from _part(info, stream, line, decoded, every, span, noticed)
        if container.format.name == "flv" and span.end_s is None:
            noticed.add(*lost.of_joined_flv(info.path, position=line.position))


def packets(
    container: av.container.InputContainer, stream: av.VideoStream, line: timeline.Timeline
) -> Iterator[Moved]:
    """The packets of a stream from where its container stands, with the errors in between."""
    found = container.demux(stream)
    while True:
        try:
            packet = next(found)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError) as error:
            yield error
            yield av.Packet()  # so that what the decoder still holds comes
            return
        if line.move(packet):
            yield packet


def decode(stream: av.VideoStream, moved: Iterable[Moved]) -> Iterator[Decoded]:
    """The frames of packets, with the errors in between."""
    for packet in moved:
        if isinstance(packet, Exception):
            yield packet
            continue
        try:
            yield from stream.decode(packet)
        except av.error.FFmpegError as error:
            yield error


def _late(
    info: FootageInfo,
    container: av.container.InputContainer,
    stream: av.VideoStream,
    line: timeline.Timeline,
    span: spans.Span,
) -> Iterator[Decoded] | None:
    """What decodes from the last key frame before the start; None if that cannot be found."""
    first, _ = span.ticks(timing.unit(stream), origin=info.origin)
    found = packets(container, stream, line)
    if not videos.can_be_sought(container):
        return decode(stream, _from_key_before(first, found))
    try:
        container.seek(first, stream=stream)
    except (av.error.FFmpegError, OSError):
        return None
    decoded = decode(stream, found)
    head = next(decoded, None)
    if not isinstance(head, av.VideoFrame) or head.pts is None or head.pts > first:
        return None
    return itertools.chain([head], decoded)


def _from_key_before(first: int, found: Iterator[Moved]) -> Iterator[Moved]:
    """Packets from the last key frame at or before a time, found by passing all before it."""
    waiting: list[Moved] = []
    num_bytes = 0
    for packet in found:
        waiting.append(packet)
        if isinstance(packet, Exception) or packet.pts is None or packet.pts > first:
            break
        if packet.is_keyframe:
            waiting[:] = [packet]
            num_bytes = 0
        num_bytes += packet.size
        if num_bytes > _MOST_WAITING_BYTES:
            break
    return itertools.chain(waiting, found)


def _part(
    info: FootageInfo,
    stream: av.VideoStream,
    line: timeline.Timeline,
    decoded: Iterator[Decoded],
    every: int,
    span: spans.Span,
    noticed: notices.Notices,
) -> Generator[Frame]:
    time_base = timing.unit(stream)
    first, after = span.ticks(time_base, origin=info.origin)
    first = first if span.start_s > 0 else None  # pictures before 0 are not cut off
    pts: int | None = None
    index, failure = 0, None
    film: uniform.Film | None = None
    seen = gaps.Gaps(info, time_base=time_base, line=line)
    for video_frame in decoded:
        if isinstance(video_frame, Exception):
            failure = lost.reason(video_frame)
            continue
        pts = _presentation(video_frame, stream, last=pts)
        if first is not None and pts < first:
            continue
        if after is not None and pts >= after:
            break
        pts = seen.add(pts)
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
    noticed.add(*seen.lines())
    noticed.add(
        *lost.of_video(
            info,
            span=span,
            num_decoded=index,
            last_s=float((pts or 0) * time_base - info.origin * time_base),
            failure=failure or ("damaged packets" if seen.num_damaged else None),
            joined=bool(line.joins),
        )
    )


def _presentation(video_frame: av.VideoFrame, stream: av.VideoStream, *, last: int | None) -> int:
    """The frame's time in units of the stream's time base; counted on where there is none."""
    if video_frame.pts is not None:
        return video_frame.pts
    rate = Fraction(stream.average_rate or 25)
    step = max(1, round(1 / (rate * timing.unit(stream))))
    return 0 if last is None else last + step
