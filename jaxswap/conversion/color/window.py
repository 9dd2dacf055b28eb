"""Samples of neighbouring frames taken together, so that estimated colours do not flicker."""

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

import numpy as np

from jaxswap.conversion.color import matching

REACH = 2.5  # standard deviations, beyond which a frame counts for nothing
MAX_AHEAD = 12  # frames that are held at most: they take memory
SAME_LIGHT = 0.06
"""Deviation of the target's mean colour, as a distance in RGB of the range [0, 1], by which frames
count less: what flickers in an estimate is far below it, a change of light above."""

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Moment(Generic[T]):
    """What is known of one frame: samples by the track of the face."""

    item: T
    time_s: float
    samples: Mapping[int, matching.Sample]


def pooled(
    moments: Iterable[Moment[T]], *, sigma_s: float
) -> Iterator[tuple[T, dict[int, matching.Sample]]]:
    """Each item with the samples of its faces, and with a part of those of the frames around it.

    A frame gives the share of its pixels that a Gaussian in time and one in the target's mean
    colour name: frames before and after count alike, so nothing lags, and frames in another light
    hardly count.

    Args:
        moments: in the order of their times.
        sigma_s: standard deviation in seconds; 0 takes each frame by itself.

    Reference: Tomasi and Manduchi 1998, https://doi.org/10.1109/ICCV.1998.710815 (there over an
    image, here over time)
    """
    past: list[Moment[T]] = []
    held: collections.deque[Moment[T]] = collections.deque()
    reach_s = REACH * sigma_s

    def first() -> tuple[T, dict[int, matching.Sample]]:
        now = held.popleft()
        past[:] = [before for before in past if now.time_s - before.time_s <= reach_s]
        near = [*past, *(after for after in held if after.time_s - now.time_s <= reach_s)]
        if sigma_s > 0:
            past.append(dataclasses.replace(now, item=None))
        return now.item, {
            track: _pooled(own, track, now.time_s, near, sigma_s)
            for track, own in now.samples.items()
        }

    for moment in moments:
        held.append(moment)
        while len(held) > MAX_AHEAD or moment.time_s - held[0].time_s >= reach_s:
            yield first()
            if not held:
                break
    while held:
        yield first()


def _pooled(
    own: matching.Sample,
    track: int,
    time_s: float,
    near: list[Moment[T]],
    sigma_s: float,
) -> matching.Sample:
    parts = [own]
    for other in near:
        known = other.samples.get(track)
        if known is None or not len(known) or not len(own):
            continue
        light = np.linalg.norm(known.target.mean(axis=0) - own.target.mean(axis=0)) / SAME_LIGHT
        away = (other.time_s - time_s) / sigma_s
        count = round(len(known) * float(np.exp(-(away**2 + light**2) / 2)))
        parts.append(matching.Sample(swapped=known.swapped[:count], target=known.target[:count]))
    return matching.Sample(
        swapped=np.concatenate([part.swapped for part in parts]),
        target=np.concatenate([part.target for part in parts]),
    )
