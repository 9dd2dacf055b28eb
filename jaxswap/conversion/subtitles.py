"""How sound and subtitles come into another container: copied, or as its kind of text."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Literal, cast

import av
import av.container
import av.error
import av.stream
from av.subtitles.codeccontext import SubtitleCodecContext
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle, SubtitleSet

from jaxswap.conversion import copies
from jaxswap.video import timing

_TEXT = {"subrip", "srt", "mov_text", "ass", "ssa", "webvtt", "text"}
_FIELDS = 8  # of a row of ASS, before its text
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

    @property
    def unit(self) -> Fraction:
        """Seconds of one tick of its packets."""
        return timing.unit(self.stream)

    def carried(self, packet: av.Packet) -> Iterator[av.Packet]:
        """The packets of the output that a packet becomes."""
        packet.stream = self.stream
        yield packet

    def rest(self) -> Iterator[av.Packet]:
        """The packets that are left at the end."""
        return iter(())

    @property
    def num_failed(self) -> int:
        """Packets that could not be read."""
        return 0


class TextWay(Way):
    """From subtitles of text to another kind of text.

    Lines that are seen at the same time become one of several rows where the kind of text shows one
    at a time, as mov_text does: each change of what is seen is a packet.
    """

    def __init__(self, stream: av.stream.Stream, decoder: SubtitleCodecContext) -> None:
        """Nothing is seen yet.

        Args:
            stream: of the output.
            decoder: of the source's stream.
        """
        super().__init__(stream)
        self._decoder, self._encoder = decoder, cast(SubtitleCodecContext, stream.codec_context)
        self._is_one = self._encoder.name == "mov_text"
        self._seen: list[tuple[int, bytes]] = []  # until when, and the row
        self._at = 0
        self._num_failed = 0

    @property
    def num_failed(self) -> int:
        """Packets that were no text."""
        return self._num_failed

    def carried(self, packet: av.Packet) -> Iterator[av.Packet]:
        """The packets of the output that are complete when this one comes."""
        begin, duration = timing.presentation(packet), packet.duration or 0
        try:
            said = self._decoder.decode2(packet)
        except (av.error.FFmpegError, UnicodeDecodeError):
            self._num_failed += 1
            return
        rows = [] if said is None else [one.ass for one in said if isinstance(one, AssSubtitle)]
        if not self._is_one:
            for row in rows:
                yield from self._encoded(begin, begin + duration, row)
            return
        yield from self._shown(begin)
        self._seen += [(begin + duration, row) for row in rows]

    def passed(self, at_s: Fraction) -> Iterator[av.Packet]:
        """The packets that nothing changes any more.

        Args:
            at_s: when the next lines begin, at the earliest.
        """
        if self._seen and at_s > max(end for end, _ in self._seen) * self.unit:
            yield from self.rest()

    def rest(self) -> Iterator[av.Packet]:
        """The packets that are left at the end."""
        if self._seen:
            yield from self._shown(max(end for end, _ in self._seen))

    def _shown(self, until: int) -> Iterator[av.Packet]:
        """What is seen before a time, a packet for each change."""
        while self._seen and self._at < until:
            end = min(until, *(end for end, _ in self._seen))
            if end > self._at:
                first = self._seen[0][1].split(b",", _FIELDS)
                texts = [row.split(b",", _FIELDS)[-1] for _, row in self._seen]
                whole = b",".join([*first[:-1], b"\\N".join(texts)])
                yield from self._encoded(self._at, end, whole)
            self._at = max(self._at, end)
            self._seen = [one for one in self._seen if one[0] > self._at]
        self._at = max(self._at, until)

    def _encoded(self, begin: int, end: int, row: bytes) -> Iterator[av.Packet]:
        length_ms = round((end - begin) * self.unit * 1000)
        text = self._encoder.encode_subtitle(SubtitleSet.create(row, 0, length_ms))
        text.time_base, text.stream = self.unit, self.stream
        text.pts = text.dts = begin
        text.duration = end - begin
        yield text


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
    return TextWay(text, decoder)
