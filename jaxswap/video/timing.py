"""Times of streams and packets, which FFmpeg may leave out."""

from fractions import Fraction
from typing import TypeVar

import av
import av.stream

from jaxswap import errors

T = TypeVar("T")


def unit(stream: av.stream.Stream) -> Fraction:
    """Seconds of one tick of a stream.

    Raises:
        FootageError: if the stream has no such unit.
    """
    return _told(stream.time_base, f"Stream {stream.index} counts time in no unit")


def presentation(packet: av.Packet) -> int:
    """When what a packet holds is shown, in ticks.

    Raises:
        FootageError: if the packet does not say so.
    """
    return _told(packet.pts, "A packet does not say when it is shown")


def decoding(packet: av.Packet) -> int:
    """When a packet is decoded, in ticks.

    Raises:
        FootageError: if the packet does not say so.
    """
    return _told(packet.dts, "A packet does not say when it is decoded")


def _told(value: T | None, unless: str) -> T:
    if value is None:
        raise errors.FootageError(
            f"{unless}. Write the video anew: ffmpeg -i VIDEO -c copy NEW.mkv"
        )
    return value
