"""A film's timeline, which goes on where the times of packets fall back or leap ahead.

Streams that were joined end to end count from the beginning again, and a receiver's clock may be
set anew in the middle. Each such place is a join: what follows is moved right behind what is
before.
"""

import dataclasses
from fractions import Fraction

import av
import av.container
import av.stream
from av.format import Flags

from jaxswap.video import timing

LEAP_S = 10
"""A longer step is a clock that was set anew, in formats where that happens."""

_TIMED_BY_FFMPEG = frozenset({"matroska,webm"})  # decoding times are not stored, and go wrong


@dataclasses.dataclass(frozen=True, kw_only=True)
class Join:
    """Where a timeline goes on with packets of another clock."""

    at: int
    """When it is in the timeline, in ticks."""
    shift: int
    """What is added to the times of packets from here on, in ticks."""
    step: int
    """From where the packets before end to where these begin, by their own clocks, in ticks."""
    position: int
    """Of its first packet in the file, in bytes; negative if that is not known."""


class Timeline:
    """Moves the packets of a stream of pictures, which come in the order of decoding.

    Attributes:
        joins: what was found so far.
        shift: what is added to times at the moment, in ticks.
        position: where the last packet lies in the file, in bytes; 0 if that is not known.
        damaged: times in ticks of packets that the container calls damaged.
    """

    def __init__(self, stream: av.VideoStream, container: av.container.InputContainer) -> None:
        """Begin with the packet that the container gives next."""
        self.joins: list[Join] = []
        self.shift = 0
        self.position = 0
        self.damaged: list[int] = []
        self._frame = (
            round(1 / (stream.average_rate * timing.unit(stream))) if (stream.average_rate) else 0
        )
        self._furthest = Furthest(stream, container)
        self._has_decoding_times = container.format.name not in _TIMED_BY_FFMPEG
        self._floor: int | None = None  # the latest of all before the last key frame
        self._has_begun = False
        self._latest = self._end = 0
        self._last_decoding: int | None = None
        self._leads_from: int | None = None  # a join, until its next key frame

    def move(self, packet: av.Packet) -> bool:
        """Put a packet where it belongs in the timeline.

        Returns:
            False for one that lies before its join: it changes a picture that is not there.
        """
        time = packet.dts if packet.pts is None else packet.pts
        if time is None:
            return True  # the end of the stream
        self.position = packet.pos or 0
        if packet.is_discard:  # an edit list leaves it out, wherever it lies
            shift_packet(packet, self.shift)
            return True
        if not self._has_begun:
            self._has_begun, self._latest, self._end = True, time, time
        elif packet.is_keyframe:
            self._floor, self._leads_from = self._latest, None
        if self._is_join(packet, time + self.shift):
            self._join(packet, time)
        elif self._leads_from is not None and time + self.shift < self._leads_from:
            return False
        time += self.shift
        self._latest = max(self._latest, time)
        self._end = max(self._end, time + (packet.duration or self._frame))
        if packet.is_corrupt:
            self.damaged.append(time)
        shift_packet(packet, self.shift)
        self._last_decoding = packet.dts
        return True

    def _is_join(self, packet: av.Packet, time: int) -> bool:
        if self._furthest.is_beyond(time, after=self._end):
            return True
        last, told = self._last_decoding, packet.dts
        falls = last is not None and told is not None and told + self.shift < last
        if falls and self._has_decoding_times:
            return True
        return self._leads_from is None and self._floor is not None and time < self._floor

    def _join(self, packet: av.Packet, time: int) -> None:
        step = time + self.shift - self._end
        self.shift = self._end - time
        self._floor, self._leads_from = self._latest, self._end
        position = -1 if packet.pos is None else packet.pos
        self.joins.append(Join(at=self._end, shift=self.shift, step=step, position=position))


class Furthest:
    """How far ahead the next packet of a stream may lie."""

    def __init__(self, stream: av.stream.Stream, container: av.container.InputContainer) -> None:
        """Ask the headers."""
        unit = timing.unit(stream)
        self._leap = round(LEAP_S / unit)
        self._end: int | None = None
        if not container.format.flags & Flags.ts_discont.value:
            end_s = Fraction(container.duration or 0, av.time_base)
            self._end = max(round(end_s / unit), (stream.start_time or 0) + (stream.duration or 0))

    def is_beyond(self, time: int, *, after: int) -> bool:
        """Whether a time cannot be meant.

        Args:
            time: of a packet, in ticks.
            after: when the one before it ends.
        """
        if time - after <= self._leap:
            return False
        return self._end is None or 0 < self._end + self._leap < time


def shift_packet(packet: av.Packet, shift: int) -> None:
    """Add ticks to the times of a packet, as far as it has some."""
    if shift:
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift
