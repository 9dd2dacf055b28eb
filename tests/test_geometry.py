"""Similarities against their definition, SciPy-free: exact recovery, inverses, weights."""

import math

import cv2
import numpy as np
import pytest

from jaxswap import geometry


def similarity(*, scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    a, b = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return np.array([[a, -b, shift[0]], [b, a, shift[1]]])


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(3).uniform(-50, 300, (12, 2))


@pytest.mark.parametrize(("scale", "degrees"), [(1.0, 0.0), (0.2, 35.0), (7.5, -170.0)])
def test_a_similarity_is_recovered_from_its_points(points, scale, degrees):
    expected = similarity(scale=scale, degrees=degrees, shift=(30.0, -4.0))
    found = geometry.estimate_similarity(points, geometry.apply(expected, points))
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert geometry.scale_of(found) == pytest.approx(scale)


def test_no_other_similarity_is_nearer(points):
    rng = np.random.default_rng(5)
    target = geometry.apply(similarity(scale=1.3, degrees=12, shift=(5, 6)), points)
    target += rng.normal(0, 4, target.shape)
    found = geometry.estimate_similarity(points, target)

    def error(matrix):
        return ((geometry.apply(matrix, points) - target) ** 2).sum()

    for turn in (-0.3, 0.3):
        for grow in (0.995, 1.0, 1.005):
            nudge = similarity(scale=grow, degrees=turn, shift=(0, 0))
            assert error(geometry.compose(found, nudge)) > error(found)


def test_it_never_mirrors(points):
    mirrored = points * np.array([-1.0, 1.0])
    found = geometry.estimate_similarity(points, mirrored)
    assert np.linalg.det(found[:, :2]) > 0


def test_a_point_without_weight_does_not_count(points):
    expected = similarity(scale=2.0, degrees=20, shift=(1, 2))
    target = geometry.apply(expected, points)
    target[0] += 1_000.0
    weights = np.ones(len(points))
    weights[0] = 0.0
    found = geometry.estimate_similarity(points, target, weights=weights)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_inverse_and_composition_undo_each_other(points):
    matrix = similarity(scale=0.7, degrees=-77, shift=(100.0, 3.5))
    back = geometry.compose(geometry.invert(matrix), matrix)
    np.testing.assert_allclose(back, np.eye(2, 3), atol=1e-12)
    np.testing.assert_allclose(
        geometry.apply(geometry.invert(matrix), geometry.apply(matrix, points)), points, atol=1e-9
    )


def test_compose_applies_the_inner_one_first():
    double = similarity(scale=2, degrees=0, shift=(0, 0))
    right = similarity(scale=1, degrees=0, shift=(10, 0))
    moved = geometry.apply(geometry.compose(double, right), np.array([[1.0, 1.0]]))
    np.testing.assert_allclose(moved, [[22.0, 2.0]])


def test_matrices_push_as_opencv_expects_them():
    image = np.zeros((40, 40), np.float32)
    image[10, 6] = 1.0  # at (x, y) = (6, 10)
    matrix = similarity(scale=1, degrees=0, shift=(9.0, 4.0))
    moved = cv2.warpAffine(image, matrix, (40, 40))
    assert moved[14, 15] == 1.0
    np.testing.assert_allclose(geometry.apply(matrix, np.array([[6.0, 10.0]])), [[15.0, 14.0]])


def test_points_keep_their_type():
    matrix = similarity(scale=1.1, degrees=1, shift=(0.3, 0.1))
    assert geometry.apply(matrix, np.zeros((3, 2), np.float32)).dtype == np.float32


def test_what_has_no_solution_is_refused():
    with pytest.raises(ValueError, match="2 distinct points"):
        geometry.estimate_similarity(np.ones((4, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="no inverse"):
        geometry.invert(np.zeros((2, 3)))
