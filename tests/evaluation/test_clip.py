"""Clips made from their own footage by edits whose effect is known."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose

from jaxswap import config, errors
from jaxswap.evaluation import clip, expression

FACES = config.FacesConfig()


def evaluate(before, after):
    return clip.evaluate_clip(before, after, from_identity="a", to_identity="b", faces=FACES)


@pytest.fixture(scope="module")
def same(before):
    return evaluate(before, before)


def test_footage_beside_itself(same, frames_u8):
    count = len(frames_u8)
    assert (same.frames, same.frames_after, same.faces, same.faces_after) == (count,) * 4
    assert (same.swapped, same.share_swapped) == (0, 0.0)
    assert same.mask_overlap == 1.0
    assert same.expression is not None
    assert same.expression.error == dict.fromkeys(expression.REGIONS, 0.0)
    assert same.expression.raw == dict.fromkeys(expression.REGIONS, 0.0)
    assert same.identities is None  # without references


def test_frames_are_listed_one_by_one(same, frames_u8):
    assert [row.frame for row in same.rows] == list(range(len(frames_u8)))
    assert_allclose([row.time_s for row in same.rows], np.arange(len(frames_u8)) / 25)
    assert {row.landmark_error for row in same.rows} == {0.0}


def test_pictures_are_spread_over_the_clip(same, frames_u8):
    shown = [picture.frame for picture in same.pictures]
    assert len(shown) == clip.NUM_PICTURES
    assert max(np.diff(shown)) - min(np.diff(shown)) <= 1
    assert shown[0] <= 2
    assert shown[-1] >= len(frames_u8) - 3
    picture = same.pictures[0]
    np.testing.assert_array_equal(picture.before_u8, frames_u8[picture.frame])
    np.testing.assert_array_equal(picture.face_before_u8, picture.face_after_u8)


def test_a_shifted_face_is_an_error_of_that_size(before, edited, landmarks):
    shift_px = 6
    shifted = edited(lambda frame_u8: np.roll(frame_u8, shift_px, axis=1))
    found = evaluate(before, shifted).expression
    expected = np.mean([shift_px / expression.eye_distance(points) for points in landmarks])
    assert_allclose(found.raw["all"], expected, rtol=0.1)
    assert_allclose(found.error["all"], expected, rtol=0.1)
    assert_allclose(found.pose, expected, rtol=0.1)


def test_a_recolored_face_is_swapped_and_keeps_its_expression(before, edited, landmarks):
    points = iter(landmarks)

    def recolor(frame_u8):
        oval = cv2.convexHull(np.rint(next(points)).astype(np.int32))
        mask = cv2.fillConvexPoly(np.zeros(frame_u8.shape[:2], np.uint8), oval, 1)[..., None]
        return np.where(mask == 1, (frame_u8 * [0.7, 0.9, 1.0]).astype(np.uint8), frame_u8)

    found = evaluate(before, edited(recolor))
    assert found.share_swapped == 1.0
    assert found.expression.error["all"] < 0.02
    assert found.mask_overlap > 0.95
    assert max(row.change_rest for row in found.rows) < 0.001


def test_a_change_of_whole_frames_is_no_swap(before, edited, frames_u8):
    count = iter(range(len(frames_u8)))
    found = evaluate(
        before, edited(lambda frame_u8: 255 - frame_u8 if next(count) % 2 else frame_u8)
    )
    assert found.swapped == 0
    assert {row.change_face > 0.02 for row in found.rows[1::2]} == {True}


def test_a_face_that_is_lost_is_counted_and_not_compared(before, edited, landmarks):
    points = iter(landmarks)

    def cover(frame_u8):
        face = next(points)
        x0, y0 = np.floor(face.min(0) - 20).astype(int)
        x1, y1 = np.ceil(face.max(0) + 20).astype(int)
        covered = frame_u8.copy()
        covered[max(0, y0) : y1, max(0, x0) : x1] = 90
        return covered

    found = evaluate(before, edited(cover))
    assert (found.faces, found.faces_after) == (len(landmarks), 0)
    assert found.share_swapped == 1.0
    assert (found.expression, found.mask_overlap) == (None, None)


def test_a_clip_that_ends_early(before, edited, frames_u8):
    found = evaluate(before, edited(lambda frame_u8: frame_u8, frames=5))
    assert (found.frames, found.frames_after) == (len(frames_u8), 5)
    assert found.rows[5].change_face is None


def test_frames_of_another_size_are_refused(before, edited):
    smaller = edited(lambda frame_u8: np.ascontiguousarray(frame_u8[:-32]))
    with pytest.raises(errors.FootageError, match=r"384x256 pixels.*384x288"):
        evaluate(before, smaller)


def test_missing_clip_is_refused(before, tmp_path):
    with pytest.raises(errors.FootageError, match="no file"):
        evaluate(before, tmp_path / "none.mp4")
