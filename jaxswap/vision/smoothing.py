"""Smoothing through time by local quadratics: no lag, and what moves evenly stays as it is."""

import numpy as np
from jaxtyping import Float

REACH = 2.6  # standard deviations; beyond, a weight of 3% and less is none
_DEGREE = 2
_NEEDED = 2  # values on each side, or the quadratic swings: a line is fitted then


def weights(
    times_s: Float[np.ndarray, " n"], at_s: float, *, sigma_s: float
) -> Float[np.ndarray, " n"]:
    """What each value counts for the smoothed value at a time; they add up to 1.

    A quadratic is fitted to the values by least squares, weighted by a Gaussian around the time;
    its value there is a weighted mean of the values. For even times this is the filter of Savitzky
    and Golay. Motion of constant acceleration passes unchanged, and the spread of independent
    errors shrinks by the root of the sum of the squared weights: to 0.51 at 25 values a second and
    a deviation of 0.08 s.

    Args:
        times_s: when the values were taken, in seconds, none twice.
        at_s: the time that is wanted, in seconds; one of them.
        sigma_s: standard deviation of the Gaussian, in seconds.

    Reference: Cleveland 1979, https://doi.org/10.1080/01621459.1979.10481038
    """
    x = (times_s - at_s) / sigma_s
    near = np.abs(x) <= REACH
    sides = min(int((near & (x < 0)).sum()), int((near & (x > 0)).sum()))
    degree = min(_DEGREE if sides >= _NEEDED else 1, int(near.sum()) - 1)
    powers = np.vander(x[near], degree + 1, increasing=True)
    weighted = powers * np.exp(-(x[near] ** 2) / 2)[:, None]
    found = np.zeros(len(times_s))
    found[near] = np.linalg.solve(weighted.T @ powers, weighted.T)[0]
    return found
