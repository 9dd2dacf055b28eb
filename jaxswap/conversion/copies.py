"""Streams that an output takes as they are."""

import io
import itertools
from pathlib import Path

import av
import av.container
import av.error
import av.stream

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""What so many channels are, as a rule."""

_MOST_TRIED = 500  # packets that are read to find one of a stream


def fits(source: Path, index: int, format_name: str) -> bool:
    """Whether a format holds a stream of sound as it is, found by trying it with a packet.

    Args:
        source: the footage.
        index: of the stream.
        format_name: FFmpeg's name of the output's format.
    """
    try:
        with (
            av.open(str(source.absolute()), options={"protocol_whitelist": "file"}) as opened,
            av.open(io.BytesIO(), "w", format=format_name) as trial,
        ):
            copy = add_copy(opened.streams[index], trial)
            trial.start_encoding()
            for packet in itertools.islice(opened.demux(), _MOST_TRIED):
                if packet.stream.index == index and packet.dts is not None:
                    packet.stream = copy
                    trial.mux_one(packet)
                    break
    except (av.error.FFmpegError, OSError, ValueError):
        return False
    return True


def add_copy(stream: av.stream.Stream, output: av.container.OutputContainer) -> av.stream.Stream:
    """Add a stream to an output that takes the packets of another as they are.

    Raises:
        ValueError: if the output's format does not know the codec.
    """
    copy = output.add_stream_from_template(stream)
    copy.time_base = stream.time_base
    if isinstance(copy, av.AudioStream):
        codec = copy.codec_context
        if codec.layout.name.endswith("channels"):  # which they are is not told; MP4 asks for it
            codec.layout = LAYOUTS.get(codec.channels, "stereo")
    return copy
