"""Edges that were drawn, and how much of them is seen."""

import cv2
import numpy as np
import pytest

from jaxswap.evaluation import seam
from jaxswap.vision import mesh


@pytest.fixture(scope="module")
def frame_u8(frames_u8):
    return frames_u8[0]


@pytest.fixture(scope="module")
def points(landmarks):
    return landmarks[0]


def oval(frame_u8, points, *, grown: float = 1.0) -> np.ndarray:
    middle = points.mean(axis=0)
    hull = cv2.convexHull(np.rint(middle + grown * (points[list(mesh.OVAL)] - middle)).astype(int))
    return cv2.fillConvexPoly(np.zeros(frame_u8.shape[:2], np.uint8), hull.astype(np.int32), 1)


def mixed(frame_u8, other_u8, alpha) -> np.ndarray:
    result = frame_u8 + alpha[..., None] * (other_u8.astype(np.float64) - frame_u8)
    return np.rint(result).astype(np.uint8)


def brighter(frame_u8, levels: int) -> np.ndarray:
    return np.clip(frame_u8.astype(int) + levels, 0, 255).astype(np.uint8)


def written_again(frame_u8) -> np.ndarray:
    _, coded = cv2.imencode(".jpg", frame_u8, [cv2.IMWRITE_JPEG_QUALITY, 75])
    return cv2.imdecode(coded, cv2.IMREAD_COLOR)


def test_nothing_changed(frame_u8, points):
    assert seam.measure(frame_u8, frame_u8, points) is None


def test_what_the_codec_changes_is_no_seam(frame_u8, points):
    assert seam.measure(frame_u8, written_again(frame_u8), points) is None


def test_a_change_elsewhere_is_no_seam(frame_u8, points):
    after = frame_u8.copy()
    after[:20, :40] = 255
    assert seam.measure(frame_u8, after, points) is None


def test_a_change_of_everything_has_no_edge(frame_u8, points):
    assert seam.measure(frame_u8, 255 - frame_u8, points) is None


@pytest.mark.parametrize("coded", [False, True])
def test_a_hard_edge_is_a_seam_and_a_feathered_one_is_not(frame_u8, points, coded):
    def ratio(alpha):
        after = mixed(frame_u8, brighter(frame_u8, 40), alpha)
        return seam.measure(frame_u8, written_again(after) if coded else after, points).ratio

    alpha = oval(frame_u8, points).astype(np.float64)
    hard, soft = ratio(alpha), ratio(cv2.GaussianBlur(alpha, (0, 0), 8))
    assert hard > 1.5
    assert soft == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("coded", [False, True])
def test_the_changed_area_is_what_was_drawn(frame_u8, points, coded):
    mask = oval(frame_u8, points)
    after = mixed(frame_u8, brighter(frame_u8, 40), mask)
    found = seam.changed_area(frame_u8, written_again(after) if coded else after, points)
    assert (found & mask).sum() > 0.95 * (found | mask).sum()


def test_a_second_changed_face_is_another_area(frame_u8, points):
    mask = oval(frame_u8, points)
    after = mixed(frame_u8, brighter(frame_u8, 40), mask)
    after[:60, :30] = 255
    found = seam.changed_area(frame_u8, after, points)
    assert not found[:40, :20].any()
    assert (found & mask).sum() > 0.95 * (found | mask).sum()


def test_the_energy_is_that_of_the_step():
    """On a grey picture, where the step is all there is."""
    grey = np.full((240, 240, 3), 90, np.uint8)
    after = grey.copy()
    after[60:180, 60:180] += 51
    points = np.random.default_rng(0).uniform(62, 178, (468, 2))
    points[list(mesh.OVAL)] = [[62, 62]] * 9 + [[178, 62]] * 9 + [[178, 178]] * 9 + [[62, 178]] * 9
    found = seam.measure(grey, after, points)
    assert found.before == 0.0
    # Two pixels beside the edge have half of a step of 0.2 each, in three channels.
    width = 2 * max(2, round(seam.BAND * 116))
    assert found.after == pytest.approx(2 * 3 * 0.1**2 / width, rel=0.1)


def test_a_blur_of_the_edge_is_below_one(frame_u8, points):
    alpha = oval(frame_u8, points, grown=1.1)
    after = mixed(frame_u8, cv2.GaussianBlur(brighter(frame_u8, 8), (0, 0), 6), alpha)
    found = seam.measure(frame_u8, after, points)
    assert found.ratio < 1


def test_a_large_face_is_looked_at_smaller(frame_u8, points):
    alpha = oval(frame_u8, points).astype(np.float64)
    after = mixed(frame_u8, brighter(frame_u8, 40), alpha)
    small = seam.measure(frame_u8, after, points)
    factor = 6
    large = [cv2.resize(u8, None, fx=factor, fy=factor) for u8 in (frame_u8, after)]
    found = seam.measure(*large, (points + 0.5) * factor - 0.5)
    assert found.ratio == pytest.approx(small.ratio, rel=0.5)


def test_the_place_in_the_frame_does_not_matter(frame_u8, points):
    after = mixed(frame_u8, brighter(frame_u8, 40), oval(frame_u8, points))
    there = seam.measure(frame_u8, after, points)
    wide = [cv2.copyMakeBorder(u8, 280, 0, 380, 0, cv2.BORDER_REFLECT) for u8 in (frame_u8, after)]
    wide[1][:280], wide[1][:, :380] = wide[0][:280], wide[0][:, :380]  # one face alone is changed
    found = seam.measure(*wide, points + np.float32([380, 280]))
    assert found.ratio == pytest.approx(there.ratio, rel=0.05)


@pytest.mark.parametrize("shift", [-3000, 3000])
def test_a_face_outside_the_frame_has_no_seam(frame_u8, points, shift):
    assert seam.measure(frame_u8, 255 - frame_u8, points + shift) is None


def test_no_edges_have_no_ratio():
    with pytest.raises(ValueError, match="empty"):
        seam.ratio(np.zeros(0), np.zeros(0))
