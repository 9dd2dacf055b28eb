import numpy as np
import pytest

from jaxswap.vision import smoothing

EVEN = np.arange(50) / 25
UNEVEN = np.sort(np.random.default_rng(0).uniform(0, 2, 200))


def smoothed(times, values, *, sigma_s=0.08):
    return np.array([smoothing.weights(times, at, sigma_s=sigma_s) @ values for at in times])


@pytest.mark.parametrize("times", [EVEN, UNEVEN], ids=["even", "uneven"])
def test_even_acceleration_passes_without_lag(times):
    np.testing.assert_allclose(smoothed(times, 3 - 2 * times), 3 - 2 * times, atol=1e-9)
    curve = 1 + times - 4 * times**2
    inside = slice(25, -25)  # at the ends a line is fitted
    np.testing.assert_allclose(smoothed(times, curve)[inside], curve[inside], atol=1e-8)


def test_noise_shrinks_as_it_is_said():
    noise = np.random.default_rng(1).normal(size=20_000)
    times = np.arange(len(noise)) / 25
    near = slice(100, 140)
    weights = smoothing.weights(times[near], times[120], sigma_s=0.08)
    assert np.sqrt((weights**2).sum()) == pytest.approx(0.51, abs=0.01)
    smooth = np.convolve(noise, weights[weights != 0][::-1], mode="valid")
    assert smooth.std() == pytest.approx(0.51, abs=0.02)


def test_the_future_counts_as_much_as_the_past():
    weights = smoothing.weights(EVEN, EVEN[20], sigma_s=0.08)
    np.testing.assert_allclose(weights, np.roll(weights[::-1], 41 - len(EVEN)), atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_values_are_enough(count):
    values = np.arange(count) * 2.0
    times = EVEN[:count]
    np.testing.assert_allclose(smoothed(times, values), values, atol=1e-12)


def test_values_far_away_in_time_do_not_count():
    times = np.array([0.0, 0.04, 5.0, 5.04])
    assert smoothing.weights(times, 0.0, sigma_s=0.08)[2:].tolist() == [0, 0]
