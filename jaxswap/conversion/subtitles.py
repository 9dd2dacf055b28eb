"""How sound and subtitles come into another container: copied, or as its kind of text."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal

import av
import av.container
import av.error
import av.stream
from av.subtitles.codeccontext import SubtitleCodecContext
from av.subtitles.stream import SubtitleStream

from jaxswap.conversion import copies
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

    @property
    def unit(self) -> Fraction:
        """Seconds of one tick of its packets."""
        return timing.unit(self.stream)

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

    def rest(self) -> Iterator[av.Packet]:
        """The packets that are left at the end: none."""
        return iter(())


def way(stream: av.stream.Stream, output: av.container.OutputContainer) -> Way:
    """Add a copy of a stream to an output.

    Subtitles of text become the output's kind of text where it cannot hold their own.

    Raises:
        ValueError: if the output's format can hold neither.
    """
    try:
        return Way(copies.add_copy(stream, output))
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
