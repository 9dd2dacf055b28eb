"""The split: deterministic, by time, with a guard, and never empty on either side."""

import numpy as np
import pytest

from pipelines import splits


def _footage(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Chips of a few videos with gaps, several faces in some frames, in no order."""
    source, time_s = [], []
    for index in range(rng.integers(1, 6)):
        step = rng.choice([1 / 60, 1 / 25, 0.48, 3.0])
        times = np.arange(rng.integers(1, 400)) * step
        kept = times[rng.random(len(times)) < rng.uniform(0.2, 1.0)]
        kept = np.repeat(kept, rng.integers(1, 3, len(kept)))
        source += [index] * len(kept)
        time_s += kept.tolist()
    order = rng.permutation(len(source))
    return np.array(source, int)[order], np.array(time_s, float)[order]


@pytest.fixture(params=range(60))
def footage(request) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(request.param)
    while True:
        source, time_s = _footage(rng)
        if len(set(zip(source.tolist(), time_s.tolist(), strict=True))) >= 2:
            return source, time_s


def _moments(source: np.ndarray, time_s: np.ndarray, chosen: np.ndarray) -> set:
    return set(zip(source[chosen].tolist(), time_s[chosen].tolist(), strict=True))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.33, 0.5])
def test_each_chip_is_in_one_part_and_no_part_is_empty(footage, share):
    split = splits.by_time(*footage, share=share, segment_s=2.0)
    together = np.concatenate([split.train, split.validation, split.guard])
    np.testing.assert_array_equal(np.sort(together), np.arange(len(footage[0])))
    assert len(split.train) > 0
    assert len(split.validation) > 0


def test_chips_of_one_moment_stay_together(footage):
    split = splits.by_time(*footage, share=0.1, segment_s=2.0)
    held_out = _moments(*footage, split.validation)
    assert not held_out & _moments(*footage, split.train)
    assert not held_out & _moments(*footage, split.guard)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_the_share_is_kept(footage, share):
    split = splits.by_time(*footage, share=share, segment_s=2.0)
    total = len(_moments(*footage, np.arange(len(footage[0]))))
    held_out = len(_moments(*footage, split.validation))
    segments = max(1, int(total * share))
    assert abs(held_out - share * total) <= max(1, 0.5 * segments)  # each is a whole number


def test_chips_that_train_are_not_next_to_held_out_ones():
    source, time_s = np.zeros(450, int), np.arange(450) / 25
    split = splits.by_time(source, time_s, share=0.1, segment_s=2.0)
    apart = np.abs(time_s[split.train][:, None] - time_s[split.validation]).min()
    assert apart >= splits.GUARD_S
    assert len(split.guard) == 12  # 0.24 s on either side at 25 frames per second
    assert len(split.validation) == 45


def test_segments_are_whole_and_of_the_length_asked_for():
    source, time_s = np.zeros(3000, int), np.arange(3000) / 25
    split = splits.by_time(source, time_s, share=0.1, segment_s=2.0)
    runs = np.split(split.validation, np.flatnonzero(np.diff(split.validation) > 1) + 1)
    assert [len(run) for run in runs] == [50] * 6
    np.testing.assert_allclose(np.diff([run[0] for run in runs]), 500, atol=1)


def test_every_long_source_has_a_held_out_segment():
    lengths_s = [41, 90, 3, 60, 5, 45]
    source = np.concatenate([[i] * (25 * s) for i, s in enumerate(lengths_s)])
    time_s = np.concatenate([np.arange(25 * s) / 25 for s in lengths_s])
    split = splits.by_time(source, time_s, share=0.1, segment_s=2.0)
    assert {0, 1, 3, 5} <= set(source[split.validation].tolist())


def test_time_without_a_face_counts_for_nothing():
    time_s = np.concatenate([np.arange(100), 90_000 + np.arange(100)]) / 25
    split = splits.by_time(np.zeros(200, int), time_s, share=0.1, segment_s=0.4)
    assert len(split.validation) == 20
    assert (time_s[split.validation] > 100).any()
    assert (time_s[split.validation] < 100).any()


def test_the_order_of_the_chips_does_not_matter(footage):
    source, time_s = footage
    order = np.random.default_rng(0).permutation(len(source))
    straight = splits.by_time(source, time_s, share=0.1, segment_s=2.0)
    mixed = splits.by_time(source[order], time_s[order], share=0.1, segment_s=2.0)
    assert _moments(*footage, straight.validation) == _moments(*footage, order[mixed.validation])


def test_results_are_in_the_order_of_source_and_time(footage):
    source, time_s = footage
    split = splits.by_time(source, time_s, share=0.2, segment_s=1.0)
    for chosen in (split.train, split.validation, split.guard):
        keys = list(zip(source[chosen], time_s[chosen], strict=True))
        assert keys == sorted(keys)


@pytest.mark.parametrize("count", range(2, 12))
def test_a_handful_of_moments_is_enough(count):
    split = splits.by_time(np.zeros(count, int), np.arange(count) * 100.0, share=0.5, segment_s=2.0)
    assert len(split.train) >= 1
    assert len(split.validation) >= 1


def test_the_guard_gives_way_where_nothing_else_could_train():
    split = splits.by_time(np.zeros(3, int), np.array([0, 0.001, 10]), share=0.5, segment_s=2.0)
    assert (len(split.train), len(split.validation), len(split.guard)) == (1, 2, 0)


def test_one_moment_and_a_wrong_share_are_refused():
    with pytest.raises(ValueError, match="two or more moments"):
        splits.by_time(np.zeros(5, int), np.zeros(5), share=0.1, segment_s=2.0)
    with pytest.raises(ValueError, match=r"`share` must be in \(0, 0\.5\]"):
        splits.by_time(np.zeros(5, int), np.arange(5.0), share=0.6, segment_s=2.0)
