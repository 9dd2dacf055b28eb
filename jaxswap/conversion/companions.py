"""The streams beside the video: sound and subtitles, copied packet by packet, never re-encoded."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import av.stream

from jaxswap import errors, footage, notices, spans
from jaxswap.conversion import subtitles
from jaxswap.video import timing

_MOST_ATTACHED_BYTES = 64 << 20
_AHEAD_S = 10  # how far ahead of its picture sound may lie in a file, and a subtitle may begin
_KEPT = ("language", "title", "handler_name")


class Companions:
    """Sound, subtitles, chapters and attachments of `source` on their way into an output.

    Packets are read as they are due, so that nothing piles up however long the footage is.
    """

    def __init__(
        self,
        source: Path,
        output: av.container.OutputContainer,
        *,
        out: Path,
        span: spans.Span = spans.WHOLE,
        noticed: notices.Notices,
    ) -> None:
        """Add the streams to the output, before its header is written.

        Args:
            source: the footage.
            output: the container that is being made.
            out: its final name, for messages.
            span: the part of the footage that is written.
            noticed: hears what the output's format cannot hold, and what cannot be read.

        Raises:
            OutputError: if the output's format cannot hold a stream of sound.
        """
        self._noticed = noticed
        self._source = av.open(str(source.absolute()), options={"protocol_whitelist": "file"})
        self._output, self._out, self._span = output, out, span
        self._picture = footage.picture_stream(self._source)
        self._ways: dict[int, subtitles.Way] = {}
        for stream in self._source.streams:
            self._add(stream)
        self._unit = timing.unit(self._picture)
        origin = (self._picture.start_time or 0) * self._unit
        self._end_s = None if span.end_s is None else origin + span.end_s
        self._shift_s = Fraction(0)
        self._set_chapters(origin)
        self._due: Iterator[av.Packet] | None = None
        self._next: av.Packet | None = None

    @property
    def time_bases(self) -> list[Fraction]:
        """Units of time of the copied streams."""
        return [timing.unit(way.stream) for way in self._ways.values()]

    def begin(self, at_s: Fraction) -> None:
        """Leave out what is before a time, which becomes 0. Without it all begins as it does.

        Args:
            at_s: time of the first frame that is written, in seconds.
        """
        self._shift_s = at_s
        early_s = at_s - _AHEAD_S
        with contextlib.suppress(av.error.FFmpegError, OSError):  # else from the beginning
            self._source.seek(int(early_s / self._unit), stream=self._picture)

    def copy(self, *, until_s: Fraction | None) -> None:
        """Write the packets that are due before a time, or all that are left.

        Args:
            until_s: time in the output in seconds, or None for the end.
        """
        if self._due is None:
            self._due = self._packets()
            self._next = next(self._due, None)
        while self._next is not None:
            packet = self._next
            if until_s is not None and timing.decoding(packet) * packet.time_base > until_s:
                return
            self._output.mux_one(packet)
            self._next = next(self._due, None)

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _add(self, stream: av.stream.Stream) -> None:
        if stream.index == self._picture.index or stream.discard == av.stream.Discard.all:
            return  # what FFmpeg discards are the chapters of MP4, which it has read already
        what = _named(stream)
        held = f"{self._out.suffix} cannot hold its stream {stream.index} ({what})"
        if isinstance(stream, av.stream.AttachmentStream):
            self._attach(stream, what)
            return
        if stream.type not in ("audio", "subtitle"):
            self._noticed.add(f"stream {stream.index} ({what}), which is no sound and no subtitles")
            return
        try:
            way = subtitles.way(stream, self._output)
        except (ValueError, av.error.FFmpegError) as e:
            if stream.type == "audio":
                raise errors.OutputError(
                    f"{self._out}: {held}. Choose a name that ends in .mkv, which can."
                ) from e
            self._noticed.add(f"{held}: choose .mkv to keep it")
            return
        way.stream.disposition = stream.disposition
        way.stream.metadata.update(
            {key: stream.metadata[key] for key in _KEPT if key in stream.metadata}
        )
        self._ways[stream.index] = way

    def _attach(self, stream: av.stream.AttachmentStream, what: str) -> None:
        if self._output.format.name != "matroska":
            self._noticed.add(f"stream {stream.index} ({what}): choose .mkv to keep it")
        elif len(stream.data) > _MOST_ATTACHED_BYTES:
            self._noticed.add(f"stream {stream.index} ({what}), which is too large")
        else:
            self._output.add_attachment(
                stream.metadata.get("filename", "attachment"),
                stream.mimetype or "application/octet-stream",
                stream.data,
            )

    def _set_chapters(self, origin: Fraction) -> None:
        """Those of the span, cut to it; the first frame of a span that begins later becomes 0."""
        if self._span == spans.WHOLE:
            self._output.set_chapters(self._source.chapters())
            return
        start_s = origin + self._span.start_s
        zero = start_s if self._span.start_s else Fraction(0)
        kept = []
        for chapter in self._source.chapters():
            unit = chapter["time_base"]
            if unit is None:
                continue
            from_s = max(chapter["start"] * unit, start_s)
            to_s = chapter["end"] * unit
            to_s = to_s if self._end_s is None else min(to_s, self._end_s)
            if from_s < to_s:
                chapter["start"] = round((from_s - zero) / unit)
                chapter["end"] = round((to_s - zero) / unit)
                kept.append(chapter)
        self._output.set_chapters(kept)

    def _packets(self) -> Iterator[av.Packet]:
        """The packets of the span, moved, on their way to their streams of the output."""
        streams = [self._source.streams[index] for index in self._ways]
        sounding = {stream.index for stream in streams if stream.type == "audio"}
        if not streams:
            return
        last_s = Fraction(0)
        try:
            for packet in self._source.demux(streams):
                if packet.dts is None:  # the end of a stream is an empty packet
                    continue
                last_s = packet.dts * packet.time_base
                if self._end_s is not None and last_s >= self._end_s:
                    sounding.discard(packet.stream.index)
                    if not sounding and any(stream.type == "audio" for stream in streams):
                        return
                    continue
                if self._cut(packet, packet.dts):
                    way = self._ways[packet.stream.index]
                    yield from way.carried(packet)
        except av.error.FFmpegError as e:
            self._noticed.add(f"the sound after {float(last_s):.2f} s ({e.strerror or e})")

    def _cut(self, packet: av.Packet, dts: int) -> bool:
        """Move a packet decoded at `dts` to its time in the output; False if it is before that.

        Sound is cut between packets, so it begins up to one packet after the picture. A subtitle
        that is seen already when the part begins is shown from its beginning.
        """
        if not self._shift_s:
            return True
        shift = round(self._shift_s / packet.time_base)
        start = (dts if packet.pts is None else packet.pts) - shift
        duration = packet.duration or 0
        if start < 0 and packet.stream.type == "subtitle" and start + duration > 0:
            packet.duration = duration + start
            packet.pts = packet.dts = 0
            return True
        packet.pts, packet.dts = start, dts - shift
        return start >= 0


class Silence:
    """What is beside images: nothing."""

    def __init__(self) -> None:
        self.time_bases: list[Fraction] = []

    def begin(self, at_s: Fraction) -> None:
        """Nothing to leave out."""

    def copy(self, *, until_s: Fraction | None) -> None:
        """Nothing to write."""

    def close(self) -> None:
        """Nothing to let go of."""


def _named(stream: av.stream.Stream) -> str:
    codec = stream.codec_context.name if stream.codec_context else stream.metadata.get("filename")
    codec = codec or stream.metadata.get("handler_name") or "of no known kind"
    return f"{stream.type}, {codec}"
