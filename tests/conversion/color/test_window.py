import numpy as np
import pytest

from jaxswap.conversion.color import matching, window

SIGMA_S = 0.2


def moment(index, *, target=0.5, swapped=0.3, tracks=(0,), rate=25, count=200):
    sample = matching.Sample(
        swapped=np.full((count, 3), swapped, np.float32),
        target=np.full((count, 3), target, np.float32),
    )
    samples = {track: sample for track in tracks}
    return window.Moment(item=index, time_s=index / rate, samples=samples)


def pooled(moments, *, sigma_s=SIGMA_S):
    return list(window.pooled(iter(moments), sigma_s=sigma_s))


def test_items_keep_their_order_and_none_is_lost():
    assert [item for item, _ in pooled([moment(i) for i in range(40)])] == list(range(40))
    assert [item for item, _ in pooled([moment(0)])] == [0]
    assert pooled([]) == []


def test_estimates_flicker_less():
    rng = np.random.default_rng(0)
    levels = 0.5 + 0.01 * rng.normal(size=200)
    found = pooled([moment(i, target=level) for i, level in enumerate(levels)])
    means = np.array([samples[0].target.mean() for _, samples in found])
    assert np.abs(np.diff(means)).mean() < 0.2 * np.abs(np.diff(levels)).mean()


def test_a_slow_change_is_followed_without_lag():
    levels = np.linspace(0.3, 0.5, 100)
    found = pooled([moment(i, target=level) for i, level in enumerate(levels)])
    means = np.array([samples[0].target.mean() for _, samples in found])
    np.testing.assert_allclose(means[15:-15], levels[15:-15], atol=1e-3)


def test_another_light_does_not_leak():
    levels = [0.3] * 30 + [0.6] * 30
    found = pooled([moment(i, target=level) for i, level in enumerate(levels)])
    means = np.array([samples[0].target.mean() for _, samples in found])
    np.testing.assert_allclose(means, levels, atol=1e-3)


def test_only_the_same_track_counts():
    moments = [moment(i, tracks=(i % 2,), swapped=0.1 + 0.5 * (i % 2)) for i in range(20)]
    for item, samples in pooled(moments):
        assert np.ptp(samples[item % 2].swapped) == 0


def test_frames_without_a_face_are_fine():
    moments = [moment(i, tracks=() if 5 < i < 9 else (0,)) for i in range(15)]
    assert [len(samples) for _, samples in pooled(moments)] == [1] * 6 + [0] * 3 + [1] * 6


def test_no_deviation_takes_each_frame_by_itself():
    for _, samples in pooled([moment(i, target=0.01 * i) for i in range(10)], sigma_s=0.0):
        assert len(samples[0]) == 200


@pytest.mark.parametrize("rate", [5, 25, 120])
def test_few_frames_are_held_and_pixels_are_bounded(rate):
    taken = []

    def moments():
        for i in range(80):
            taken.append(i)
            yield moment(i, rate=rate)

    for item, samples in window.pooled(moments(), sigma_s=SIGMA_S):
        assert taken[-1] - item <= window.MAX_AHEAD
        assert len(samples[0]) < 200 * 60
