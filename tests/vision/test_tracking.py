"""Tracks hold on to a face through crossings, gaps and slow frames, and let go of a lost one."""

import numpy as np
import pytest

from jaxswap.vision import detection, tracking


def face(x: float, y: float = 100.0, *, side: float = 40.0) -> detection.Detection:
    """A square box around (x, y)."""
    half = side / 2
    return detection.Detection(
        box=np.array([x - half, y - half, x + half, y + half], np.float32),
        score=0.99,
        landmarks=np.zeros((5, 2), np.float32),
    )


@pytest.fixture
def tracker() -> tracking.Tracker:
    return tracking.Tracker(max_gap_s=1.0)


def test_numbers_follow_the_faces_not_their_order(tracker):
    assert tracker.update([face(50), face(200)], 0.0) == [0, 1]
    assert tracker.update([face(202), face(53)], 0.04) == [1, 0]
    assert tracker.update([face(57)], 0.08) == [0]
    assert tracker.update([face(204), face(58), face(400)], 0.12) == [1, 0, 2]


@pytest.mark.parametrize("rate", [10, 25, 60])
def test_faces_that_cross_keep_their_numbers(tracker, rate):
    """Two heads pass each other in two seconds, one a little lower than the other."""
    tracker.update([face(50, 100), face(560, 104)], 0.0)
    for step in range(1, 2 * rate):
        time_s = step / rate
        ahead, back = face(50 + 250 * time_s, 100), face(560 - 250 * time_s, 104)
        assert tracker.update([ahead, back], time_s) == [0, 1]


def test_a_face_comes_back_after_a_short_gap(tracker):
    for step in range(10):
        assert tracker.update([face(100 + 2 * step)], step * 0.04) == [0]
    for step in range(10, 30):
        assert tracker.update([], step * 0.04) == []
    assert tracker.update([face(150)], 1.2) == [0]


def test_a_face_that_was_lost_for_long_is_another_track(tracker):
    assert tracker.update([face(100)], 0.0) == [0]
    assert tracker.update([], 0.5) == []
    assert tracker.update([face(100)], 1.01) == [1]


def test_slow_frames_do_not_end_a_track(tracker):
    for step in range(5):
        assert tracker.update([face(100 + 20 * step)], step * 5.0) == [0]


def test_a_fast_head_in_slow_video_is_one_track(tracker):
    for step, x in enumerate([100, 130, 160, 190, 160, 130, 100]):
        assert tracker.update([face(x)], step / 8) == [0]


def test_a_face_elsewhere_is_another_track(tracker):
    tracker.update([face(100)], 0.0)
    assert tracker.update([face(300)], 0.04) == [1]


def test_a_face_of_another_size_is_another_track(tracker):
    tracker.update([face(100, side=40)], 0.0)
    assert tracker.update([face(100, side=90)], 0.04) == [1]
    assert tracker.update([face(100, side=44)], 0.08) == [0]


def test_a_face_that_comes_near_is_one_track(tracker):
    for step in range(30):
        assert tracker.update([face(100 + step, side=40 * 1.05**step)], step * 0.04) == [0]


def test_two_detections_never_share_a_track(tracker):
    tracker.update([face(100)], 0.0)
    assert sorted(tracker.update([face(99), face(102)], 0.04)) == [0, 1]
    assert sorted(tracker.update([face(100), face(100)], 0.08)) == [0, 1]


def test_equal_times_are_borne(tracker):
    tracker.update([face(100)], 1.0)
    assert tracker.update([face(101)], 1.0) == [0]
    assert tracker.update([face(102)], 1.04) == [0]


def test_nothing_to_track(tracker):
    assert tracker.update([], 0.0) == []
