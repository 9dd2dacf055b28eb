"""Masks lie where the points are, have soft edges, and stand any points."""

import numpy as np
import pytest

from jaxswap.vision import alignment, masks, mesh

SIZE = 128


@pytest.fixture
def points() -> np.ndarray:
    return (alignment.mean_face() * SIZE - 0.5).astype(np.float32)


def area(polygon: np.ndarray) -> float:
    """Shoelace formula."""
    x, y = polygon.T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def centroid(mask: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]]
    return np.array([(x * mask).sum(), (y * mask).sum()]) / mask.sum()


def test_the_face_mask_has_the_area_and_place_of_the_oval(points):
    regions = masks.regions(points, size=SIZE)
    assert regions.shape == (SIZE, SIZE, 3)
    face = regions[..., 0] / 255
    assert face.sum() == pytest.approx(area(points[list(mesh.OVAL)]), rel=0.02)
    assert face[SIZE // 2, SIZE // 2] == 1.0
    assert face[0].max() == face[:, 0].max() == 0.0
    assert centroid(face)[0] == pytest.approx((SIZE - 1) / 2, abs=0.1)


def test_the_forehead_is_added_and_nothing_else(points):
    plain = masks.face_oval(points, size=SIZE) / 255
    higher = masks.forehead_oval(points, size=SIZE) / 255
    assert (higher >= plain - 1e-6).all()
    assert 1.02 * plain.sum() < higher.sum() < 1.2 * plain.sum()
    brows = int(points[list(mesh.LEFT_BROW), 1].max())
    np.testing.assert_array_equal(higher[brows + 2 :], plain[brows + 2 :])


def test_the_forehead_turns_with_the_head(points):
    middle = np.full(2, SIZE / 2 - 0.5, np.float32)
    turned = (points - middle) @ np.array([[0, 1], [-1, 0]], np.float32) + middle
    expected = np.rot90(masks.forehead_oval(points, size=SIZE), -1)
    assert np.abs(masks.forehead_oval(turned, size=SIZE) - expected.astype(float)).mean() < 2


def test_the_eyes_are_masked_and_a_little_around_them(points):
    eyes = masks.regions(points, size=SIZE)[..., 1] / 255
    both = sum(area(points[list(eye)]) for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE))
    assert 1.2 * both < eyes.sum() < 4 * both
    for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        x, y = np.rint(points[list(eye)]).astype(int).T
        assert eyes[y, x].min() == 1.0
    assert eyes[:, 62:66].max() == 0.0  # the bridge of the nose lies between them


def test_closed_eyes_still_have_a_mask(points):
    closed = points.copy()
    for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        closed[list(eye), 1] = closed[list(eye), 1].mean()
    eyes = masks.regions(closed, size=SIZE)[..., 1] / 255
    assert eyes.sum() > 20


def test_the_mouth_is_its_outer_lips(points):
    mouth = masks.regions(points, size=SIZE)[..., 2] / 255
    assert mouth.sum() == pytest.approx(area(points[list(mesh.LIPS)]), rel=0.2)
    lips = points[list(mesh.LIPS)]
    middle = (lips.min(axis=0) + lips.max(axis=0)) / 2
    np.testing.assert_allclose(centroid(mouth), middle, atol=1.5)


def test_edges_are_soft_and_follow_parts_of_a_pixel(points):
    face = masks.regions(points, size=SIZE)[..., 0]
    assert ((face > 0) & (face < 255)).sum() > 100
    moved = masks.regions(points + np.float32(0.5), size=SIZE)[..., 0] / 255
    np.testing.assert_allclose(centroid(moved) - centroid(face / 255), 0.5, atol=0.1)


def test_the_same_face_at_another_size_has_the_same_mask(points):
    small = masks.regions(points, size=SIZE)[..., 0].astype(float)
    double = (points + 0.5) * 2 - 0.5
    large = masks.regions(double.astype(np.float32), size=2 * SIZE)[..., 0].astype(float)
    shrunk = large.reshape(SIZE, 2, SIZE, 2).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 1.0


def test_a_face_beyond_the_chip_is_cut_off(points):
    moved = masks.regions(points + np.float32(SIZE * 0.6), size=SIZE)
    assert 0 < moved[..., 0].sum() < masks.regions(points, size=SIZE)[..., 0].sum()
    far = masks.regions(points + np.float32(1e6), size=SIZE)
    assert far.max() == 0
