"""Transfer of whole distributions, from monotone maps of single axes.

A monotone map takes the quantiles of one sample to those of another: in one dimension that is the
transport that moves least. In three it is repeated along turned axes.
"""

import functools

import numpy as np
from jaxtyping import Float

from jaxswap.conversion.color import statistics

ROUNDS = 10
"""Turns of the axes; more change less than a grey level."""

SLICES = 8
"""Directions of one round of sliced transport."""

_QUANTILES = np.linspace(0.01, 0.99, 33)  # beyond, single pixels decide
_SEED = 0  # the directions are a part of the method, the same for every face


class _Monotone:
    """The monotone map of one axis; beyond the quantiles it goes on as a shift."""

    def __init__(self, source: Float[np.ndarray, " k"], target: Float[np.ndarray, " m"]):
        self._at = np.quantile(source, _QUANTILES)
        self._shift = np.quantile(target, _QUANTILES) - self._at

    def shift(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """How far values move."""
        return np.interp(values, self._at, self._shift)


class _Round:
    """Monotone maps along some directions, the mean of their shifts taken together."""

    def __init__(
        self,
        source: statistics.Source,
        target: statistics.Target,
        directions: Float[np.ndarray, "d 3"],
    ):
        self._directions = directions
        self._maps = [
            _Monotone(one, other)
            for one, other in zip((source @ directions.T).T, (target @ directions.T).T, strict=True)
        ]

    def __call__(self, pixels: statistics.Pixels) -> statistics.Pixels:
        """Colours after this round."""
        along = (pixels @ self._directions.T).T
        shifts = np.stack(
            [axis.shift(values) for axis, values in zip(self._maps, along, strict=True)], axis=1
        )
        # Three axes at right angles move a colour each by its own share; more share the work.
        return pixels + shifts @ self._directions * (3 / len(self._directions))


def histogram(source: statistics.Source, target: statistics.Target) -> statistics.Transfer:
    """The target's histogram in each of red, green and blue, by itself.

    Reference: Gonzalez and Woods, Digital Image Processing, section 3.3 (histogram specification)
    """
    return _Round(source, target, np.eye(3))


def iterative(source: statistics.Source, target: statistics.Target) -> statistics.Transfer:
    """The target's distribution: iterative distribution transfer along turned axes.

    Reference: Pitié et al. 2007, https://doi.org/10.1016/j.cviu.2006.11.011
    """
    return _rounds(source, target, 3)


def sliced(source: statistics.Source, target: statistics.Target) -> statistics.Transfer:
    """The target's distribution: steps down the sliced Wasserstein distance.

    Reference: Rabin et al. 2011, https://doi.org/10.1007/978-3-642-24785-9_37
    """
    return _rounds(source, target, SLICES)


def _rounds(
    source: statistics.Source, target: statistics.Target, count: int
) -> statistics.Transfer:
    rounds = []
    for directions in _directions(count):
        rounds.append(_Round(source, target, directions))
        source = rounds[-1](source)

    def transfer(pixels: statistics.Pixels) -> statistics.Pixels:
        return functools.reduce(lambda moved, one: one(moved), rounds, pixels)

    return transfer


@functools.cache
def _directions(count: int) -> list[Float[np.ndarray, "d 3"]]:
    """For each round `count` directions: three are at right angles, the first ones the channels."""
    rng = np.random.default_rng(_SEED)
    rounds = []
    for number in range(ROUNDS):
        drawn = rng.normal(size=(max(count, 3), 3))
        if count == 3:
            drawn = np.eye(3) if number == 0 else np.linalg.qr(drawn)[0]
        rounds.append(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    return rounds
