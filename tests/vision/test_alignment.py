"""The template is what its documentation says, and alignment undoes any similarity of a face."""

import math

import numpy as np
import pytest

from jaxswap import geometry
from jaxswap.augmentation import view
from jaxswap.vision import alignment, mesh


def face_in_frame(*, degrees: float, side: float, shift: tuple[float, float]) -> np.ndarray:
    """The mean face laid into a frame: turned, `side` pixels for the chip's side, shifted."""
    a, b = side * math.cos(math.radians(degrees)), side * math.sin(math.radians(degrees))
    matrix = np.array([[a, -b, shift[0]], [b, a, shift[1]]])
    return geometry.apply(matrix, alignment.mean_face()).astype(np.float32)


def test_the_oval_is_centred_and_fills_056_of_the_side():
    oval = alignment.mean_face()[list(mesh.OVAL)]
    low, high = oval.min(axis=0), oval.max(axis=0)
    np.testing.assert_allclose((low + high) / 2, 0.5, atol=1e-4)
    assert high[1] - low[1] == pytest.approx(0.56, abs=1e-4)
    assert 0.35 < high[0] - low[0] < 0.56


def test_the_template_is_its_own_mirror_image():
    points = alignment.mean_face()
    mirrored = points * [-1, 1] + [1, 0]
    distance = np.linalg.norm(mirrored[:, None] - points[None], axis=-1)
    partner = distance.argmin(axis=1)
    assert distance.min(axis=1).max() < 1e-4
    np.testing.assert_array_equal(partner[partner], np.arange(mesh.NUM_POINTS))


def test_the_template_is_an_upright_face():
    points = alignment.mean_face()
    left, right = (
        points[list(mesh.LEFT_EYE)].mean(axis=0),
        points[list(mesh.RIGHT_EYE)].mean(axis=0),
    )
    mouth, chin, forehead = points[list(mesh.LIPS)].mean(axis=0), points[152], points[10]
    assert left[0] < 0.5 < right[0]
    assert left[1] == pytest.approx(right[1], abs=1e-4)
    assert forehead[1] < left[1] < points[1][1] < mouth[1] < chin[1]


def test_the_template_is_not_changed_by_its_readers():
    with pytest.raises(ValueError, match="read-only"):
        alignment.mean_face()[0, 0] = 0.0


@pytest.mark.parametrize(
    ("degrees", "side", "shift"), [(0, 100, (0, 0)), (33, 40, (200, 10)), (-120, 900, (-50, 700))]
)
def test_alignment_brings_the_face_onto_the_template(degrees, side, shift):
    face = face_in_frame(degrees=degrees, side=side, shift=shift)
    matrix = alignment.chip_from_frame(face, chip_size=256)
    expected = alignment.mean_face() * 256 - 0.5
    np.testing.assert_allclose(geometry.apply(matrix, face), expected, atol=2e-2)


def test_a_chip_of_another_size_shows_the_same_part_of_the_frame():
    face = face_in_frame(degrees=10, side=120, shift=(30, 40))
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]])
    shown = [
        geometry.apply(
            geometry.invert(alignment.chip_from_frame(face, chip_size=size)), corners * size - 0.5
        )
        for size in (64, 256)
    ]
    np.testing.assert_allclose(shown[0], shown[1], atol=1e-4)


def test_the_central_part_is_the_view_of_the_network():
    face = face_in_frame(degrees=-8, side=150, shift=(10, 20))
    direct = alignment.chip_from_frame(face, chip_size=64, coverage=0.625)
    through_chip = geometry.compose(
        view.view_from_chip(256, 64, 0.625), alignment.chip_from_frame(face, chip_size=256)
    )
    np.testing.assert_allclose(direct, through_chip, atol=1e-6)


def test_the_oval_lies_within_the_networks_view_with_a_margin():
    oval = alignment.mean_face()[list(mesh.OVAL)]
    assert np.abs(oval - 0.5).max() < 0.625 / 2 - 0.02


def test_an_open_mouth_hardly_moves_the_chip():
    face = face_in_frame(degrees=0, side=256, shift=(0, 0))
    open_mouth = face.copy()
    lower = [17, 84, 181, 91, 314, 405, 321, 152, 148, 176, 377, 400, 149, 378]
    open_mouth[lower] += [0, 25]
    before, after = (alignment.chip_from_frame(f, chip_size=256) for f in (face, open_mouth))
    corners = np.array([[0.0, 0.0], [255.0, 0.0], [0.0, 255.0], [255.0, 255.0]])
    moved = geometry.apply(geometry.compose(after, geometry.invert(before)), corners) - corners
    assert np.abs(moved).max() < 1.0
