"""Where the times of a video's frames are not what one expects: joins, gaps, times that stand."""

import collections
import dataclasses
from collections.abc import Iterator
from fractions import Fraction

from jaxswap.footage.frames import FootageInfo
from jaxswap.video import timeline

_LEAST_S = 0.25
"""Shorter gaps are not told of."""
_TIMES_LONGER = 8
"""How much longer a gap is than each of the steps before it: a phone that lowers its rate in the
dark makes steps of twice the length, and a screen's recording is as irregular before."""
_REMEMBERED = 50  # steps
_LEAST_STEPS = 8  # before a gap can be told from an irregular rate
_MOST_NAMED = 3  # gaps that lines name


@dataclasses.dataclass(frozen=True)
class _Gap:
    start: int
    end: int


class Gaps:
    """Follows the times of frames."""

    def __init__(self, info: FootageInfo, *, time_base: Fraction, line: timeline.Timeline) -> None:
        """Nothing has been seen.

        Args:
            info: of the video.
            time_base: unit of the times, in seconds.
            line: where the times come from.
        """
        self._info, self._unit, self._line = info, time_base, line
        self._steps: collections.deque[int] = collections.deque(maxlen=_REMEMBERED)
        self._gaps: list[_Gap] = []
        self._first: int | None = None
        self._last = 0
        self._standing = 0

    def add(self, pts: int) -> int:
        """Take a frame's time.

        Args:
            pts: presentation time in ticks.

        Returns:
            The time, later by what it takes to rise.
        """
        if self._first is None:
            self._first = self._last = pts
            return pts
        if pts <= self._last:
            self._standing += 1
            self._last += 1
            return self._last
        step = pts - self._last
        longest = max(self._steps, default=step)
        regular = len(self._steps) >= _LEAST_STEPS
        if regular and step * self._unit > _LEAST_S and step > _TIMES_LONGER * longest:
            self._gaps.append(_Gap(self._last + longest, pts))
        else:
            self._steps.append(step)
        self._last = pts
        return pts

    def lines(self) -> Iterator[str]:
        """What there is to say, a line each."""
        name = self._info.path.name
        joins = [join for join in self._line.joins if self._is_seen(join.at)]
        if joins:
            way = "fall back" if joins[0].step < 0 else "leap ahead"
            by = abs(float(joins[0].step * self._unit))
            more = f" ({len(joins)} such places)" if len(joins) > 1 else ""
            yield (
                f"the times of {name} {way} by {by:.2f} s at {self._at(joins[0].at)} s{more}: what "
                "follows is moved right behind what is before"
            )
        for gap in self._gaps[:_MOST_NAMED]:
            yield f"{name} has no picture from {self._at(gap.start)} s to {self._at(gap.end)} s"
        rest = self._gaps[_MOST_NAMED:]
        if rest:
            missing = float(sum(gap.end - gap.start for gap in rest) * self._unit)
            yield f"{name} has no picture in {len(rest)} more places, {missing:.1f} s in all"
        if self._standing:
            yield (
                f"{self._standing} frames of {name} have no time later than the one before: each "
                "follows it at once"
            )

    @property
    def num_damaged(self) -> int:
        """Packets of what was seen that the container calls damaged, those at joins apart."""
        if self._first is None:
            return 0
        damaged = sum(self._is_seen(at) for at in self._line.damaged)
        return max(0, damaged - 2 * len(self._line.joins))

    def _is_seen(self, at: int) -> bool:
        return self._first is not None and self._first <= at <= self._last

    def _at(self, pts: int) -> str:
        return f"{float((pts - self._info.origin) * self._unit):.2f}"
