"""How sound and subtitles come into another container: copied, or as its kind of text."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Literal

import av
import av.container
import av.error
import av.stream
from av.subtitles.codeccontext import SubtitleCodecContext
from av.subtitles.stream import SubtitleStream

from jaxswap.video import timing

_TEXT = {"subrip", "srt", "mov_text", "ass", "ssa", "webvtt", "text"}
_TEXT_OF: Mapping[str, Literal["mov_text", "subrip"]] = {
    "mp4": "mov_text",
    "mov": "mov_text",
    "matroska": "subrip",
}


@dataclasses.dataclass(frozen=True)
class Way:
    """From a stream to its copy."""

    stream: av.stream.Stream
    """Of the output."""
    decoder: SubtitleCodecContext | None = None
    """None where packets are copied as they are, as with `encoder`."""
    encoder: SubtitleCodecContext | None = None

    def carried(self, packet: av.Packet) -> Iterator[av.Packet]:
        """The packets of the output that a packet becomes."""
        if self.decoder is None or self.encoder is None:
            packet.stream = self.stream
            yield packet
            return
        with contextlib.suppress(av.error.FFmpegError, UnicodeDecodeError):
            said = self.decoder.decode2(packet)
            if said is not None:
                text = self.encoder.encode_subtitle(said)
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
        return Way(copy)
    except (ValueError, av.error.FFmpegError):
        codec = stream.codec_context.name if stream.codec_context else None
        kind = _TEXT_OF.get(output.format.name)
        if not isinstance(stream, SubtitleStream) or codec not in _TEXT or kind is None:
            raise
    text = output.add_stream(kind)
    decoder, encoder = stream.codec_context, text.codec_context
    with contextlib.suppress(av.error.FFmpegError):
        decoder.open(strict=False)
    encoder.subtitle_header = decoder.subtitle_header
    text.time_base = encoder.time_base = timing.unit(stream)
    return Way(text, decoder, encoder)
