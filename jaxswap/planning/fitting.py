"""The largest batch that the compiler accepts for a chip."""

import dataclasses
from collections.abc import Callable

MOST_COMPILES = 8
LARGEST = 2**16


@dataclasses.dataclass(frozen=True)
class Fit:
    """What was found.

    Attributes:
        largest: the largest batch that was accepted, or 0.
        refused: the smallest that was refused, or None if none was.
        compiles: how many batches were tried.
    """

    largest: int
    refused: int | None
    compiles: int


def largest_batch(accepts: Callable[[int], bool], *, known: int, first: int | None = None) -> Fit:
    """Double until one is refused, then halve the gap until it is at most an eighth.

    Args:
        accepts: whether the compiler takes a batch; what it takes it takes smaller, too.
        known: a batch that it took.
        first: where to begin to double; `known` if it is not given.
    """
    largest, refused, compiles = known, None, 0
    batch = max(2 * known, first or 0)
    while compiles < MOST_COMPILES and batch <= LARGEST:
        compiles += 1
        if accepts(batch):
            largest = batch
        else:
            refused = batch
        if refused is None:
            batch = 2 * largest
            continue
        if refused - largest <= max(1, largest // 8):
            break
        batch = (largest + refused) // 2
    return Fit(largest=largest, refused=refused, compiles=compiles)
