"""How sound and subtitles come into another container: copied, or as its kind of text."""

import contextlib
import dataclasses
from collections.abc import Iterator

import av

_TEXT = {"subrip", "srt", "mov_text", "ass", "ssa", "webvtt", "text"}
_TEXT_OF = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip"}


@dataclasses.dataclass(frozen=True)
class Way:
    """From a stream to its copy."""

    stream: av.stream.Stream
    """Of the output."""
    decoder: av.CodecContext | None
    """None where packets are copied as they are."""

    def carried(self, packet: av.Packet) -> Iterator[av.Packet]:
        """The packets of the output that a packet becomes."""
        if self.decoder is None:
            packet.stream = self.stream
            yield packet
            return
        with contextlib.suppress(av.error.FFmpegError, UnicodeDecodeError):
            said = self.decoder.decode2(packet)
            if said is not None:
                text = self.stream.codec_context.encode_subtitle(said)
                text.time_base = packet.time_base
                text.pts = text.dts = packet.pts
                text.duration = packet.duration
                text.stream = self.stream
                yield text


def way(stream: av.stream.Stream, output: av.container.OutputContainer) -> Way:
    """Add a copy of a stream to an output.

    Subtitles of text become the output's kind of text where it cannot hold their own.

    Raises:
        ValueError: if the output's format can hold neither.
    """
    try:
        copy = output.add_stream_from_template(stream)
        copy.time_base = stream.time_base
        return Way(copy, None)
    except (ValueError, av.error.FFmpegError):
        codec = stream.codec_context.name if stream.codec_context else None
        kind = _TEXT_OF.get(output.format.name)
        if stream.type != "subtitle" or codec not in _TEXT or kind is None:
            raise
    text = output.add_stream(kind)
    decoder = stream.codec_context
    with contextlib.suppress(av.error.FFmpegError):
        decoder.open(strict=False)
    text.codec_context.subtitle_header = decoder.subtitle_header
    text.time_base = text.codec_context.time_base = stream.time_base
    return Way(text, decoder)
