"""The streams beside the video: sound and subtitles, copied packet by packet, never re-encoded."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from jaxswap import errors


class Companions:
    """Sound, subtitles and chapters of `source` on their way into an output.

    Packets are read as they are due, so that nothing piles up however long the footage is.
    """

    def __init__(self, source: Path, output: av.container.OutputContainer, *, out: Path) -> None:
        """Add the streams to the output, before its header is written.

        Args:
            source: the footage.
            output: the container that is being made.
            out: its final name, for messages.

        Raises:
            OutputError: if the output's format cannot hold a stream of sound.
        """
        self.lost: list[str] = []
        """What the output's format cannot hold, or what could not be read, in words."""
        self._source = av.open(str(source))
        self._output = output
        self._streams: dict[int, av.stream.Stream] = {}
        for stream in (*self._source.streams.audio, *self._source.streams.subtitles):
            self._add(stream, out)
        output.set_chapters(self._source.chapters())
        self._due = self._packets()
        self._next = next(self._due, None)

    @property
    def time_bases(self) -> list[Fraction]:
        """Units of time of the copied streams."""
        return [stream.time_base for stream in self._streams.values()]

    def copy(self, *, until_s: Fraction | None) -> None:
        """Write the packets that are due before a time, or all that are left.

        Args:
            until_s: time in seconds, or None for the end.
        """
        while self._next is not None:
            packet = self._next
            if until_s is not None and packet.dts * packet.time_base > until_s:
                return
            packet.stream = self._streams[packet.stream.index]
            self._output.mux_one(packet)
            self._next = next(self._due, None)

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _add(self, stream: av.stream.Stream, out: Path) -> None:
        codec = stream.codec_context.name if stream.codec_context else "unknown"
        try:
            copy = self._output.add_stream_from_template(stream)
        except (ValueError, av.error.FFmpegError) as e:
            held = f"{out.suffix} cannot hold its stream {stream.index} ({stream.type}, {codec})"
            if stream.type == "audio":
                raise errors.OutputError(
                    f"{out}: {held}. Choose a name that ends in .mkv, which can."
                ) from e
            self.lost.append(f"{held}: choose .mkv to keep it")
            return
        copy.time_base = stream.time_base
        copy.disposition = stream.disposition
        copy.metadata.update(
            {key: stream.metadata[key] for key in ("language", "title") if key in stream.metadata}
        )
        self._streams[stream.index] = copy

    def _packets(self) -> Iterator[av.Packet]:
        streams = [self._source.streams[index] for index in self._streams]
        if not streams:
            return
        last_s = Fraction(0)
        try:
            for packet in self._source.demux(streams):
                if packet.dts is not None:  # the end of a stream is an empty packet
                    last_s = packet.dts * packet.time_base
                    yield packet
        except av.error.FFmpegError as e:
            self.lost.append(f"the sound after {float(last_s):.2f} s ({e.strerror or e})")
