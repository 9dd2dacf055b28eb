"""Streams beside the pictures, such as sound, moved with the pictures' timeline."""

import math

import av
import av.container
import av.stream

from jaxswap.video import timeline, timing

_STEP_S = 1
"""A stream that falls back by less, while the pictures go on, repeats what was there. One that
falls back by more counts from another time."""


class Follower:
    """Moves the packets of a stream to where the pictures that belong to them are.

    Sound that lies over sound of before is left out, so that it stays in time with the pictures.
    """

    def __init__(
        self,
        stream: av.stream.Stream,
        container: av.container.InputContainer,
        line: timeline.Timeline,
        *,
        picture: av.VideoStream,
    ) -> None:
        """Begin with the packet that the container gives next.

        Args:
            stream: the stream.
            container: that it is from.
            line: of the pictures, which move for themselves as their packets come.
            picture: their stream.
        """
        self._line, self._picture_unit = line, timing.unit(picture)
        self._unit = timing.unit(stream)
        self._is_sound = stream.type == "audio"
        self._furthest = timeline.Furthest(stream, container)
        self._num_joins = self._shift = 0
        self._last_told: int | None = None  # by the stream's own clock
        self._last = self._end = 0  # in the timeline
        self._has_begun = self._is_joining = False

    def waits(self, packet: av.Packet) -> bool:
        """Whether its clock was set anew and the pictures' was not: theirs may be yet to come."""
        unused = self._num_joins < len(self._line.joins)
        return not unused and self._jumps(timing.decoding(packet))

    def place(self, packet: av.Packet) -> bool:
        """Put a packet where it belongs in the timeline; False if it must be left out."""
        told = timing.decoding(packet)
        jumps = self._jumps(told)
        if not self._join(packet, jumps) and jumps and self._must_go_on(told):
            self._shift = self._end - told
        self._last_told = told
        if not self._is_sound:
            told = max(told, self._last - self._shift)
            packet.pts = packet.dts = told
            return self._placed(packet, told + self._shift)
        time, length = told + self._shift, packet.duration or 0
        overlaps = self._is_joining and time + length // 2 < self._end
        if self._has_begun and (time < self._last or overlaps):
            return False
        return self._placed(packet, time)

    def _placed(self, packet: av.Packet, time: int) -> bool:
        timeline.shift_packet(packet, self._shift)
        self._last, self._has_begun, self._is_joining = time, True, False
        self._end = max(self._end, time + (packet.duration or 0))
        return True

    def _jumps(self, told: int) -> bool:
        if not self._is_sound or self._last_told is None:
            return False
        fell = told < self._last_told
        return fell or self._furthest.is_beyond(told, after=self._last_told)

    def _must_go_on(self, told: int) -> bool:
        """Whether a jump of the stream alone is one of its clock."""
        last = self._last_told or 0
        return told > last or (last - told) * self._unit > _STEP_S

    def _join(self, packet: av.Packet, jumps: bool) -> bool:
        """Follow the pictures beyond their joins that lie before the packet in the file."""
        before = self._num_joins
        for join in self._line.joins[before:]:
            is_before = _position(packet) < join.position
            is_first_jump = jumps and self._num_joins == before
            if is_before and not is_first_jump:
                break
            self._num_joins += 1
            self._shift = round(join.shift * self._picture_unit / self._unit)
            self._is_joining = True
        return self._num_joins > before


def _position(packet: av.Packet) -> float:
    """In the file, in bytes; where it is not known, behind all that is."""
    return math.inf if packet.pos is None or packet.pos < 0 else float(packet.pos)
