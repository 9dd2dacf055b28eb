"""The streams beside the video: sound and subtitles, copied packet by packet where that can be."""

import collections
import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

import av
import av.container
import av.error
import av.stream

from jaxswap import footage, notices
from jaxswap.conversion import chapters, copies, sound, sources, subtitles
from jaxswap.video import followers, timeline, timing

_MOST_ATTACHED_BYTES = 64 << 20
_AHEAD_S = 10  # how far ahead of its picture sound may lie in a file, and a subtitle may begin
_LONGEST_S = 5  # of a packet of sound; not every format says how long one is
_MOST_WAITING = 500  # packets that wait for the pictures to follow a jump of the clock
_MOST_WAITED_FOR = 50  # pictures
_KEPT = ("language", "title", "handler_name")
_HOLDERS = {".mkv": "matroska", ".mov": "mov"}  # what is advised, and its format

Way: TypeAlias = subtitles.Way | sound.EncodedSound


class Companions:
    """Sound, subtitles, chapters and attachments of `source` on their way into an output.

    Packets are read as they are due, so that nothing piles up however long the footage is.
    """

    def __init__(
        self,
        source: sources.Source,
        output: av.container.OutputContainer,
        *,
        suffix: str,
        noticed: notices.Notices,
    ) -> None:
        """Add the streams to the output, before its header is written.

        Args:
            source: the footage, and what is written of it.
            output: the container that is being made.
            suffix: of its final name.
            noticed: hears what the output's format cannot hold, and what cannot be read.
        """
        self._noticed, self._output, self._suffix = noticed, output, suffix
        self._sound = source.sound
        self._path = source.path
        self._source = av.open(str(source.path.absolute()), options={"protocol_whitelist": "file"})
        self._picture = footage.picture_stream(self._source)
        self._line = timeline.Timeline(self._picture, self._source)
        self._ways: dict[int, Way] = {}
        self._names: dict[int, str] = {}
        for stream in self._source.streams:
            self._add(stream)
        self._followers = {
            index: followers.Follower(
                self._source.streams[index], self._source, self._line, picture=self._picture
            )
            for index in self._ways
        }
        self._unit = timing.unit(self._picture)
        origin_s = source.origin * self._unit
        self._start_s: Fraction | None = None
        self._end_s = None if source.span.end_s is None else origin_s + source.span.end_s
        self._shift_s = source.zero * self._unit
        zero_s = origin_s + source.span.start_s if source.span.start_s else self._shift_s
        output.set_chapters(
            chapters.cut(
                self._source.chapters(), span=source.span, origin_s=origin_s, zero_s=zero_s
            )
        )
        self._due: Iterator[av.Packet] | None = None
        self._next: av.Packet | None = None
        self._begun: set[int] = set()
        self._left_out_s: dict[int, Fraction] = collections.defaultdict(Fraction)
        self._refused: collections.Counter[int] = collections.Counter()

    @property
    def time_bases(self) -> list[Fraction]:
        """Units of time of the streams."""
        return [way.unit for way in self._ways.values()]

    def begin(self, at_s: Fraction) -> None:
        """Leave out what is before a time, which becomes 0.

        Args:
            at_s: time of the first frame that is written, in seconds of the source.
        """
        self._start_s = self._shift_s = at_s
        if footage.can_be_sought(self._source):
            early = int((at_s - _AHEAD_S) / self._unit)
            with contextlib.suppress(av.error.FFmpegError, OSError):  # else from the beginning
                self._source.seek(early, stream=self._picture)

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
            index = packet.stream.index
            try:
                self._output.mux_one(packet)
            except OSError:  # of the disk
                raise
            except av.error.FFmpegError:
                self._refused[index] += 1
            self._next = next(self._due, None)

    def close(self) -> None:
        """Let go of the source, and say what did not come along."""
        self._source.close()
        for index, way in self._ways.items():
            what = f"stream {index} ({self._names[index]}) of {self._path.name}"
            missing = self._left_out_s[index]
            if missing:
                self._noticed.add(
                    f"{float(missing):.2f} s of {what} are left out: they lie over what is before"
                )
            refused = way.num_failed + self._refused[way.stream.index]
            if refused:
                self._noticed.add(f"{refused} packets of {what} are broken and left out")
        self._ways = {}

    def _add(self, stream: av.stream.Stream) -> None:
        if stream.index == self._picture.index or stream.discard == av.stream.Discard.all:
            return  # what FFmpeg discards are the chapters of MP4, which it has read already
        what = _named(stream)
        if isinstance(stream, av.stream.AttachmentStream):
            self._attach(stream, what)
            return
        if stream.type not in ("audio", "subtitle"):
            self._noticed.add(f"stream {stream.index} ({what}), which is no sound and no subtitles")
            return
        if stream.type == "audio" and self._sound == "none":
            return
        way = self._way(stream, what)
        if way is None:
            return
        way.stream.disposition = stream.disposition
        way.stream.metadata.update(
            {key: stream.metadata[key] for key in _KEPT if key in stream.metadata}
        )
        self._ways[stream.index], self._names[stream.index] = way, what

    def _way(self, stream: av.stream.Stream, what: str) -> Way | None:
        is_sound = isinstance(stream, av.AudioStream)
        named = f"stream {stream.index} ({what})"
        if not is_sound or (self._sound == "copy" and self._fits(stream, self._output.format.name)):
            with contextlib.suppress(ValueError, av.error.FFmpegError):
                return subtitles.way(stream, self._output)
            self._noticed.add(f"{self._suffix} cannot hold its {named}{self._advice(stream)}")
            return None
        try:
            way = sound.EncodedSound(stream, self._output)
        except (ValueError, av.error.FFmpegError):
            self._noticed.add(f"{named}, which holds no sound that can be read")
            return None
        if self._sound == "copy":
            self._noticed.add(
                f"{named} is encoded as {way.kind.upper()}, since {self._suffix} cannot hold it as "
                f"it is{self._advice(stream)}"
            )
        return way

    def _advice(self, stream: av.stream.Stream) -> str:
        """Which other kind of file would hold a stream as it is."""
        for suffix, name in _HOLDERS.items():
            if name != self._output.format.name and self._fits(stream, name):
                return f": choose {suffix} to keep it"
        return ""

    def _fits(self, stream: av.stream.Stream, format_name: str) -> bool:
        return copies.fits(self._path, stream.index, format_name)

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

    def _packets(self) -> Iterator[av.Packet]:
        """The packets of the part, moved, on their way to their streams of the output."""
        streams = [self._source.streams[index] for index in self._ways]
        sounding = {stream.index for stream in streams if stream.type == "audio"}
        is_silent = not sounding
        if not streams:
            return
        until_s = None if self._end_s is None else self._end_s - self._shift_s
        from_s = None if self._start_s is None else Fraction(0)
        for way in self._ways.values():
            if isinstance(way, sound.EncodedSound):
                way.keep(from_s=from_s, until_s=until_s)
        texts = [way for way in self._ways.values() if isinstance(way, subtitles.TextWay)]
        for packet in self._placed(streams):
            index = packet.stream.index
            at_s = timing.decoding(packet) * packet.time_base
            if self._end_s is not None and at_s >= self._end_s:
                sounding.discard(index)
                if not sounding and not is_silent:
                    break
                continue
            for text in texts:
                yield from text.passed(at_s - self._shift_s - _AHEAD_S)
            if self._cut(packet):
                self._begun.add(index)
                yield from self._ways[index].carried(packet)
        for way in self._ways.values():
            yield from way.rest()

    def _placed(self, streams: Sequence[av.stream.Stream]) -> Iterator[av.Packet]:
        """The packets of streams with their times in the timeline of the pictures.

        Where a stream's clock jumps before that of the pictures, packets wait until it is clear
        whether that of the pictures does so, too.
        """
        waiting: collections.deque[av.Packet] = collections.deque()
        pictures = 0
        for packet in self._read(streams):
            if packet.stream.index == self._picture.index:
                before = len(self._line.joins)
                self._line.move(packet)
                pictures += 1
                if not waiting or (before == len(self._line.joins) and pictures < _MOST_WAITED_FOR):
                    continue
            elif waiting or self._followers[packet.stream.index].waits(packet):
                pictures = pictures if waiting else 0
                waiting.append(packet)
                if len(waiting) < _MOST_WAITING:
                    continue
            else:
                waiting.append(packet)
            yield from self._followed(waiting)
        yield from self._followed(waiting)

    def _followed(self, waiting: collections.deque[av.Packet]) -> Iterator[av.Packet]:
        while waiting:
            packet = waiting.popleft()
            index = packet.stream.index
            if self._followers[index].place(packet):
                yield packet
            elif index in self._begun:
                self._left_out_s[index] += (packet.duration or 0) * packet.time_base

    def _read(self, streams: Sequence[av.stream.Stream]) -> Iterator[av.Packet]:
        last_s = Fraction(0)
        try:
            for packet in self._source.demux([self._picture, *streams]):
                if packet.dts is None and packet.stream.index != self._picture.index:
                    packet.dts = packet.pts
                    if packet.pts is None:  # the end of a stream is an empty packet
                        continue
                if packet.dts is not None:
                    last_s = packet.dts * packet.time_base
                yield packet
        except av.error.FFmpegError as e:
            self._noticed.add(f"the sound after {float(last_s):.2f} s ({e.strerror or e})")

    def _cut(self, packet: av.Packet) -> bool:
        """Move a packet to its time in the output; False if it is before that.

        Sound is cut between packets, so it begins up to one packet after the picture. A subtitle
        that is seen already when the part begins is shown from its beginning.
        """
        if not self._shift_s:
            return True
        timeline.shift_packet(packet, -round(self._shift_s / packet.time_base))
        if self._start_s is None:
            return True
        start = timing.decoding(packet) if packet.pts is None else packet.pts
        duration = packet.duration or 0
        if start < 0 and packet.stream.type == "subtitle" and start + duration > 0:
            packet.duration = duration + start
            packet.pts = packet.dts = 0
            return True
        is_decoded = isinstance(self._ways[packet.stream.index], sound.EncodedSound)
        return start >= 0 or (is_decoded and start * packet.time_base > -_LONGEST_S)


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
