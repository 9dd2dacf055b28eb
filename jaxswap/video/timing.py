"""Times of streams and packets, which FFmpeg may leave out."""

from fractions import Fraction

import av
import av.stream

from jaxswap import errors


def unit(stream: av.stream.Stream) -> Fraction:
    """Seconds of one tick of a stream.

    Raises:
        FootageError: if the stream has no such unit.
    """
    if stream.time_base is None:
        raise _timeless(f"Stream {stream.index} counts time in no unit")
    return stream.time_base


def presentation(packet: av.Packet) -> int:
    """When what a packet holds is shown, in ticks.

    Raises:
        FootageError: if the packet does not say so.
    """
    if packet.pts is None:
        raise _timeless("A packet does not say when it is shown")
    return packet.pts


def decoding(packet: av.Packet) -> int:
    """When a packet is decoded, in ticks.

    Raises:
        FootageError: if the packet does not say so.
    """
    if packet.dts is None:
        raise _timeless("A packet does not say when it is decoded")
    return packet.dts


def _timeless(what: str) -> errors.FootageError:
    return errors.FootageError(f"{what}. Write the video anew: ffmpeg -i VIDEO -c copy NEW.mkv")
