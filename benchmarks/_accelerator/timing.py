"""Time of work on a device: many calls, and one wait at their end."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import measuring

MOST = 2000


class Pace(NamedTuple):
    """How long is measured.

    Attributes:
        repeats: samples.
        least_s: of one sample: so many calls that it takes this long.
    """

    repeats: int
    least_s: float


def spread(call: Callable[[int], object], *, pace: Pace) -> measuring.Spread:
    """Seconds of one call.

    Args:
        call: does the work so many times and waits for all of it, once.
        pace: how often.
    """
    call(2)  # the first may load or allocate, and a clock rises with work
    once = _seconds(call, 1)
    number = min(MOST, max(1, math.ceil(pace.least_s / once)))
    return measuring.spread([_seconds(call, number) / number for _ in range(pace.repeats)])


def _seconds(call: Callable[[int], object], number: int) -> float:
    start = time.perf_counter()
    call(number)
    return time.perf_counter() - start


def inverse(seconds: measuring.Spread, *, units: float) -> measuring.Spread:
    """Units in a second, of the seconds that so many take."""
    return measuring.Spread(units / seconds.median, units / seconds.high, units / seconds.low)


def milliseconds(seconds: measuring.Spread) -> measuring.Spread:
    """The same in milliseconds."""
    return measuring.Spread(*(1e3 * value for value in seconds))
