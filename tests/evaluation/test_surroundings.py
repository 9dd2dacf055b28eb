"""The face's colour against that of the skin around it, changed by a known amount."""

import cv2
import numpy as np
import pytest

from jaxswap.evaluation import color_difference, surroundings
from jaxswap.vision import alignment, mesh

POINTS = (alignment.mean_face() - 0.5) * 200 + [160, 130]
SKIN, COOLER, BLUE = (200, 150, 120), (180, 150, 140), (40, 60, 200)


def scene(face, around, background=BLUE) -> np.ndarray:
    """A face of one colour with skin of another around it."""
    frame_u8 = np.full((260, 320, 3), background, np.uint8)
    middle = (POINTS[list(mesh.OVAL)].min(axis=0) + POINTS[list(mesh.OVAL)].max(axis=0)) / 2
    for grown, color in ((1.8, around), (1.0, face)):
        hull = cv2.convexHull(
            np.rint(middle + grown * (POINTS[list(mesh.OVAL)] - middle)).astype(np.int32)
        )
        cv2.fillConvexPoly(frame_u8, hull, color)
    return frame_u8


def difference(first, second) -> float:
    labs = color_difference.lab(np.array([[first], [second]], np.uint8))
    return float(color_difference.ciede2000(labs[0], labs[1])[0])


def added(found: surroundings.Surroundings) -> float:
    return found.after - found.before


def test_a_face_that_fits():
    found = surroundings.measure(scene(SKIN, SKIN), scene(SKIN, SKIN), POINTS)
    assert (found.before, found.after) == pytest.approx((0, 0), abs=1e-3)


def test_another_color_stands_out_by_their_difference():
    found = surroundings.measure(scene(SKIN, SKIN), scene(COOLER, SKIN), POINTS)
    assert found.before == pytest.approx(0, abs=1e-3)
    assert found.after == pytest.approx(difference(COOLER, SKIN), rel=1e-3)


def test_a_face_may_come_nearer_to_its_surroundings():
    paler = (210, 160, 130)
    found = surroundings.measure(scene(paler, SKIN), scene(SKIN, SKIN), POINTS)
    assert added(found) == pytest.approx(-difference(paler, SKIN), rel=1e-3)


def test_what_is_not_skin_does_not_count():
    hair = scene(SKIN, SKIN)
    hair[:70] = (20, 20, 20)
    changed = hair.copy()
    changed[:70] = (250, 250, 250)  # the hair alone is another colour
    found = surroundings.measure(hair, changed, POINTS)
    assert added(found) == pytest.approx(0, abs=1e-3)


def test_a_face_without_skin_around_it():
    assert surroundings.measure(scene(SKIN, BLUE), scene(COOLER, BLUE), POINTS) is None


@pytest.mark.parametrize("shift", [-5000, 5000])
def test_a_face_outside_the_frame(shift):
    assert surroundings.measure(scene(SKIN, SKIN), scene(SKIN, SKIN), POINTS + shift) is None


def test_eyes_brows_and_lips_do_not_count():
    painted = scene(SKIN, SKIN)
    for feature in (mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LEFT_BROW, mesh.RIGHT_BROW, mesh.LIPS):
        hull = cv2.convexHull(np.rint(POINTS[list(feature)]).astype(np.int32))
        cv2.fillConvexPoly(painted, hull, (0, 0, 0))
    found = surroundings.measure(scene(SKIN, SKIN), painted, POINTS)
    assert added(found) == pytest.approx(0, abs=0.2)  # their antialiased border


def test_on_a_real_face(frames_u8, landmarks):
    same = surroundings.measure(frames_u8[0], frames_u8[0], landmarks[0])
    assert added(same) == 0.0
    assert 0 < same.before < 20
    everything = (frames_u8[0] * 0.9).astype(np.uint8)
    assert abs(added(surroundings.measure(frames_u8[0], everything, landmarks[0]))) < 1
    hull = cv2.convexHull(np.rint(landmarks[0][list(mesh.OVAL)]).astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros(frames_u8[0].shape[:2], np.uint8), hull, 1)[..., None]
    green = np.where(inside == 1, (frames_u8[0] * [0.7, 1.0, 0.7]).astype(np.uint8), frames_u8[0])
    assert added(surroundings.measure(frames_u8[0], green, landmarks[0])) > 5
