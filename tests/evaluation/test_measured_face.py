"""The one face of a frame: where the footage has it, or nowhere."""

import numpy as np
import pytest

from jaxswap.evaluation import measured_face
from jaxswap.vision import landmarks as models


@pytest.fixture(scope="module")
def model():
    return models.LandmarkModel()


def test_a_face_is_found_where_the_footage_has_one(model, frames_u8, landmarks):
    found = measured_face.find(model, frames_u8[0], landmarks[0])
    sides = np.ptp(landmarks[0], axis=0)
    assert np.abs(found.points - landmarks[0]).max() < 0.1 * sides.max()
    assert found.image_u8 is frames_u8[0]
    assert set(found.courses) == {*measured_face.ANGLES, *measured_face.TRAITS}
    assert all(np.isfinite(value) for value in found.courses.values())


def test_the_same_picture_has_exactly_the_same_face(model, frames_u8, landmarks):
    one, other = (measured_face.find(model, frames_u8[0].copy(), landmarks[0]) for _ in range(2))
    np.testing.assert_array_equal(one.points, other.points)


def test_where_the_footage_has_no_face_none_is_looked_for(model, frames_u8):
    found = measured_face.find(model, frames_u8[0], None)
    assert (found.points, found.courses) == (None, {})


def test_a_picture_that_shows_no_face_there_has_none(model, frames_u8, landmarks):
    grey_u8 = np.full_like(frames_u8[0], 128)
    assert measured_face.find(model, grey_u8, landmarks[0]).points is None


def test_a_face_at_another_place_is_another_face(landmarks):
    points = landmarks[0]
    side = np.ptp(points, axis=0).min()
    assert measured_face._same_place(points, points + 0.2 * side)
    assert not measured_face._same_place(points, points + 0.9 * side)
