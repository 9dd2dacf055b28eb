"""A visible change of the face, told from noise and from a change of everything."""

import numpy as np
import pytest

from jaxswap.evaluation import change
from jaxswap.vision import alignment

LANDMARKS = alignment.mean_face() * 90 + [100, 60]


@pytest.fixture
def frame_u8(astronaut_u8):
    return np.ascontiguousarray(astronaut_u8[:240, :320])


def recolored(frame_u8: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    x0, y0 = landmarks.min(0).astype(int)
    x1, y1 = landmarks.max(0).astype(int)
    after = frame_u8.copy()
    after[y0:y1, x0:x1] = 255 - after[y0:y1, x0:x1]
    return after


def test_nothing_changed(frame_u8):
    found = change.measure(frame_u8, frame_u8, LANDMARKS)
    assert (found.face, found.rest, found.is_visible) == (0.0, 0.0, False)


def test_a_changed_face_is_visible(frame_u8):
    found = change.measure(frame_u8, recolored(frame_u8, LANDMARKS), LANDMARKS)
    assert found.face > 0.1
    assert found.rest == 0.0
    assert found.is_visible


def test_noise_is_not(frame_u8):
    noise = np.random.default_rng(2).integers(-3, 4, frame_u8.shape)
    after = np.clip(frame_u8.astype(int) + noise, 0, 255).astype(np.uint8)
    assert not change.measure(frame_u8, after, LANDMARKS).is_visible


def test_a_change_of_the_whole_frame_is_not(frame_u8):
    found = change.measure(frame_u8, frame_u8 // 2, LANDMARKS)
    assert found.face > change.VISIBLE
    assert not found.is_visible


def test_a_change_elsewhere_is_not(frame_u8):
    elsewhere = LANDMARKS + np.array([130, 90])
    assert not change.measure(frame_u8, recolored(frame_u8, elsewhere), LANDMARKS).is_visible


def test_the_change_is_the_mean_inside_the_oval(frame_u8):
    after = frame_u8.copy()
    after[..., 0] = np.where(after[..., 0] < 128, after[..., 0] + 60, after[..., 0] - 60)
    found = change.measure(frame_u8, after, LANDMARKS)
    assert found.face == pytest.approx(60 / 255 / 3, rel=1e-6)
    assert found.rest == pytest.approx(60 / 255 / 3, rel=1e-6)


@pytest.mark.parametrize("shift", [-1000, 1000])
def test_a_face_outside_the_frame_has_no_change(frame_u8, shift):
    found = change.measure(frame_u8, 255 - frame_u8, LANDMARKS + shift)
    assert found.face == 0.0
