"""A part of footage: from when to when."""

import dataclasses
import math
import re
from fractions import Fraction

_CLOCK = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d*)?|\.\d+)")

Number = str | int | float | Fraction
"""A time or a rate as callers give it."""


@dataclasses.dataclass(frozen=True)
class Span:
    """Times `start_s` <= t < `end_s` in seconds from the footage's first frame."""

    start_s: Fraction = Fraction(0)
    end_s: Fraction | None = None
    """None is the end of the footage."""

    def __post_init__(self) -> None:
        if self.start_s < 0:
            raise ValueError(f"`start` must be >= 0, not {float(self.start_s):g}.")
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError(
                f"`end` {float(self.end_s):g} s must be after `start` {float(self.start_s):g} s."
            )

    def ticks(self, time_base: Fraction, *, origin: int) -> tuple[int, int | None]:
        """The first time that is in it, and the first after it, in whole units of a time base.

        Args:
            time_base: the unit in seconds.
            origin: time of the footage's first frame in that unit.
        """
        first = origin + math.ceil(self.start_s / time_base)
        return first, None if self.end_s is None else origin + math.ceil(self.end_s / time_base)


WHOLE = Span()
"""All of the footage."""


def between(start: Number, end: Number | None) -> Span:
    """The part from one time to another, each in seconds or as people write it.

    Args:
        start: 0 is the beginning of the footage.
        end: None is the end of the footage.

    Raises:
        ValueError: if one is no time, or they are in the wrong order.
    """
    return Span(_seconds(start), None if end is None else _seconds(end))


def frame_rate(value: Number) -> Fraction:
    """Images a second, from a number or text such as "30000/1001", exactly.

    Raises:
        ValueError: if the rate is not in (0, 1000].
    """
    try:
        rate = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise ValueError(f"`frame_rate` must be in (0, 1000], like 25 or 30000/1001, not {value}.")
    return rate


def _seconds(time: Number) -> Fraction:
    return time if isinstance(time, Fraction) else seconds(str(time))


def seconds(text: str) -> Fraction:
    """A time as people write it: seconds, MM:SS or HH:MM:SS, with decimals, exactly.

    Raises:
        ValueError: if it is none of these.
    """
    parts = _CLOCK.fullmatch(text.strip())
    if parts is None or (parts[2] is not None and float(parts[3]) >= 60):
        raise ValueError(
            f"{text!r} is no time: write seconds, MM:SS or HH:MM:SS, like 90.5, 1:30.5."
        )
    hours, minutes, rest = int(parts[1] or 0), int(parts[2] or 0), Fraction(parts[3])
    return 3600 * hours + 60 * minutes + rest
