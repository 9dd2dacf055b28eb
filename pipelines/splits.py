"""Which chips train and which validate: cut by time, never between neighbouring frames."""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

GUARD_S = 0.25
"""Chips nearer than this to a held-out one are in neither split: they are almost the same."""

LONE_STEP_S = 1 / 25
"""What the only moment of a source counts for, in seconds."""


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Indices of chips, each in the order of source and time.

    Attributes:
        train: chips that train.
        validation: chips that are held out.
        guard: chips that are in neither, being too near to a held-out one.
    """

    train: Int[np.ndarray, " t"]
    validation: Int[np.ndarray, " v"]
    guard: Int[np.ndarray, " g"]


def by_time(
    source: Int[np.ndarray, " n"],
    time_s: Float[np.ndarray, " n"],
    *,
    share: float,
    segment_s: float,
) -> Split:
    """Hold out segments of time, evenly spread over all sources; there is no chance in it.

    All moments (times at which a source has chips) stand in one row, source after source. Of the N
    moments, k = max(1, round(time * share / segment_s)) runs of N * share / k are held out, the
    middle of each in the middle of one of k equal parts of the row. So a short source gives a short
    segment, time without a face counts for nothing, and every source longer than
    2 * segment_s / share has a held-out segment. On either side of a segment up to `GUARD_S`, or a
    quarter of the segment if that is less, is left out of both splits.

    Args:
        source: index of the footage of each chip.
        time_s: time of each chip in its footage, in seconds.
        share: share of the time to hold out, in (0, 0.5].
        segment_s: length of a held-out segment in seconds, shorter where there is less to hold out.

    Raises:
        ValueError: if `share` is out of range or there are fewer than two moments.
    """
    if not 0 < share <= 0.5:
        raise ValueError(f"`share` must be in (0, 0.5], not {share}.")
    moments, moment_of = np.unique(np.stack([source, time_s], axis=1), axis=0, return_inverse=True)
    if len(moments) < 2:
        raise ValueError(f"A split needs chips of two or more moments, not of {len(moments)}.")
    held_out, segment = _segments(moments, share=share, segment_s=segment_s)
    guard = _near(moments, held_out, distance_s=min(GUARD_S, segment / 4))
    if (held_out | guard).all():
        guard = np.zeros_like(held_out)
    order = np.argsort(moment_of.reshape(-1), kind="stable")
    moment_of = moment_of.reshape(-1)[order]
    return Split(
        train=order[~(held_out | guard)[moment_of]],
        validation=order[held_out[moment_of]],
        guard=order[guard[moment_of]],
    )


def _segments(
    moments: Float[np.ndarray, "m 2"], *, share: float, segment_s: float
) -> tuple[np.ndarray, float]:
    """Which moments are held out, and how long a held-out segment is, in seconds."""
    total = len(moments)
    seconds = sum(
        _step(moments[moments[:, 0] == source, 1]) * (moments[:, 0] == source).sum()
        for source in np.unique(moments[:, 0])
    )
    # No more segments than moments to hold out: each has at least one, and its neighbours train.
    count = max(1, min(round(seconds * share / segment_s), int(total * share)))
    length = total * share / count
    held_out = np.zeros(total, bool)
    for index in range(count):
        start = round((index + 0.5) * total / count - length / 2)
        held_out[start : start + max(1, round(length))] = True
    return held_out, float(seconds * share / count)


def _step(time_s: np.ndarray) -> float:
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else LONE_STEP_S


def _near(
    moments: Float[np.ndarray, "m 2"], held_out: np.ndarray, *, distance_s: float
) -> np.ndarray:
    """Moments that are not held out, less than `distance_s` from one of their source that is."""
    near = np.zeros(len(moments), bool)
    for source in np.unique(moments[:, 0]):
        here = moments[:, 0] == source
        fixed = moments[here & held_out, 1]
        if not len(fixed):
            continue
        times = moments[here, 1]
        after = np.searchsorted(fixed, times).clip(0, len(fixed) - 1)
        before = (after - 1).clip(0)
        apart = np.minimum(np.abs(times - fixed[after]), np.abs(times - fixed[before]))
        near[here] = apart < distance_s
    return near & ~held_out
