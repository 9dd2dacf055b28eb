"""Chips show the frame where the matrix says, without aliasing and without black borders."""

import cv2
import numpy as np
import pytest

from jaxswap import geometry
from jaxswap.vision import chips


def matrix(*, scale: float, degrees: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)):
    a, b = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[a, -b, shift[0]], [b, a, shift[1]]])


def ramp(height: int, width: int) -> np.ndarray:
    """Brightness is a linear function of the place, so that a pixel tells where it is from."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 200 / width + 20, y * 200 / height + 20, np.full_like(x, 128)], -1).astype(
        np.uint8
    )


def test_the_identity_copies():
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(chips.cut_chip(frame, np.eye(2, 3), 64), frame)


@pytest.mark.parametrize("scale", [0.06, 0.11, 0.3, 0.5, 0.9, 1.0, 1.7, 4.0])
@pytest.mark.parametrize("degrees", [0.0, 25.0])
def test_each_pixel_comes_from_where_the_matrix_says(scale, degrees):
    frame = ramp(480, 640)
    size = 48
    turn = matrix(scale=scale, degrees=degrees)
    middle = np.array([320.0, 240.0])
    turn[:, 2] = (size - 1) / 2 - turn[:, :2] @ middle
    chip = chips.cut_chip(frame, turn, size)
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).reshape(-1, 2).astype(float)
    places = geometry.apply(geometry.invert(turn), grid)
    reach = 1 / scale
    inside = ((places > reach) & (places < [639 - reach, 479 - reach])).all(axis=1)
    expected = places * 200 / [640, 480] + 20
    got = chip.reshape(-1, 3)[:, :2].astype(float)
    np.testing.assert_allclose(got[inside], expected[inside], atol=1.6)
    assert inside.sum() > 100


@pytest.mark.parametrize("shrink", [2, 3, 5.5, 8, 20])
def test_shrinking_averages_instead_of_picking(shrink):
    checkers = (np.indices((1600, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    frame = np.repeat(checkers[..., None], 3, axis=-1)
    turn = matrix(scale=1 / shrink, degrees=7.0, shift=(10.0, 10.0))
    chip = chips.cut_chip(frame, turn, 40)[12:-2, 12:-2].astype(float)
    assert chip.mean() == pytest.approx(127.5, abs=2)
    assert chip.std() < 12  # picking pixels would give 127


def test_shrinking_is_the_area_filter():
    frame = cv2.GaussianBlur(
        np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8), (0, 0), 2
    )
    quarter = matrix(scale=0.25, shift=(-0.375, -0.375))
    reference = cv2.resize(frame, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(
        chips.cut_chip(frame, quarter, 64).astype(int), reference.astype(int), atol=1
    )


def test_beyond_the_frame_its_border_is_repeated():
    frame = ramp(40, 40)
    chip = chips.cut_chip(frame, matrix(scale=1, shift=(30.0, 30.0)), 64)
    np.testing.assert_array_equal(chip[:30, :30], np.broadcast_to(frame[0, 0], (30, 30, 3)))
    np.testing.assert_array_equal(chip[30:, 30:], frame[:34, :34])


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_a_face_outside_the_frame_gives_its_border(scale):
    frame = ramp(60, 60)
    chip = chips.cut_chip(frame, matrix(scale=scale, shift=(5_000.0, 5_000.0)), 32)
    np.testing.assert_array_equal(chip, np.broadcast_to(frame[0, 0], (32, 32, 3)))
