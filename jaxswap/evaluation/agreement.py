"""How well one quantity of a face is kept over a clip: its course before and after the swap."""

import dataclasses

import numpy as np
from jaxtyping import Float

MIN_FRAMES = 10
"""Frames below which the constant part cannot be told from the rest."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two courses beside each other, in their own unit.

    Attributes:
        raw: mean absolute difference.
        error: the same without the difference that is there in every frame, the mean one: two
            people's eyes are not equally large. None if there are under 10 frames.
        correlation: Pearson's over time, in [-1, 1]; None if one of them never moves or there are
            under 10 frames.
    """

    raw: float
    error: float | None
    correlation: float | None


def compare(before: Float[np.ndarray, " t"], after: Float[np.ndarray, " n"]) -> Agreement:
    """What of a course is kept.

    Raises:
        ValueError: if the courses differ in length or are empty.
    """
    if before.shape != after.shape or not len(before):
        raise ValueError(
            f"`before` {before.shape} and `after` {after.shape} must match and not be empty."
        )
    difference = after - before
    enough = len(before) >= MIN_FRAMES
    moves = min(before.std(), after.std()) > 1e-6
    return Agreement(
        raw=float(np.abs(difference).mean()),
        error=float(np.abs(difference - difference.mean()).mean()) if enough else None,
        correlation=float(np.corrcoef(before, after)[0, 1]) if enough and moves else None,
    )
