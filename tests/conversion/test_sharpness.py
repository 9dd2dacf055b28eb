import cv2
import numpy as np
import pytest

from jaxswap import images
from jaxswap.conversion import sharpness


@pytest.fixture
def view(astronaut_u8):
    face_u8 = astronaut_u8[60:252, 130:322]
    return images.to_float(cv2.resize(face_u8, (96, 96), interpolation=cv2.INTER_AREA))


@pytest.fixture
def mask():
    mask_u8 = np.zeros((96, 96), np.uint8)
    cv2.ellipse(mask_u8, (48, 48), (34, 40), 0, 0, 360, 1, -1)
    return mask_u8[..., None].astype(np.float32)


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma)


def test_a_face_as_sharp_as_the_frame_stays(view, mask):
    assert sharpness.strength(view, view, mask) == 0
    np.testing.assert_array_equal(sharpness.matched(view, view, mask), view)


@pytest.mark.parametrize("sigmas", [(0.7, 0.0), (0.0, 0.7), (1.0, 0.7)])
def test_details_become_as_strong_as_the_targets(view, mask, sigmas):
    face, target = (blurred(view, sigma) if sigma else view for sigma in sigmas)
    found = sharpness.matched(face, target, mask)
    before = sharpness.strength(face, target, mask)
    after = sharpness.strength(found, target, mask)
    assert abs(before) > 0.3
    assert abs(after) < 0.3 * abs(before)
    inside = mask[..., 0] > 0
    assert np.abs(found - target)[inside].mean() < 0.95 * np.abs(face - target)[inside].mean()


def test_it_is_bounded_and_makes_no_haloes(view, mask):
    soft = blurred(view, 6)
    assert sharpness.strength(soft, view, mask) == sharpness.MAX_STRENGTH
    assert sharpness.strength(view, blurred(view, 9), mask) == sharpness.MIN_STRENGTH
    step = np.zeros_like(view)
    step[:, 48:] = 1
    found = sharpness.matched(0.3 + 0.4 * blurred(step, 1.5), 0.3 + 0.4 * step, mask)
    assert found.min() > 0.3 - sharpness.MAX_CHANGE - 1e-6
    assert found.max() < 0.7 + sharpness.MAX_CHANGE + 1e-6


def test_noise_of_the_frame_is_not_taken_for_details(view, mask):
    rng = np.random.default_rng(0)
    soft = blurred(view, 1.5)
    noisy = (soft + rng.normal(0, 0.03, view.shape[:2])[..., None]).astype(np.float32)
    assert abs(sharpness.strength(soft, noisy, mask)) < 0.5


def test_it_does_not_flicker_with_the_grain(view, mask):
    rng = np.random.default_rng(0)
    face = blurred(view, 1)
    gains = [
        sharpness.strength(
            face,
            (view + rng.normal(0, 0.01, view.shape[:2])[..., None]).astype(np.float32),
            mask,
        )
        for _ in range(8)
    ]
    assert np.std(gains) < 0.02


def test_edges_get_no_colour(view, mask):
    face = blurred(view, 1)
    change = sharpness.matched(face, view, mask) - face
    clipped = (face.min(axis=-1) < 0.1) | (face.max(axis=-1) > 0.9)
    np.testing.assert_allclose(np.ptp(change[~clipped], axis=-1), 0, atol=1e-6)
    assert np.abs(change[~clipped]).mean() > 0.002


def test_next_to_no_mask_tells_nothing(view, mask):
    assert sharpness.strength(blurred(view, 2), view, np.zeros_like(mask)) == 0


def test_other_sizes_are_refused(view, mask):
    with pytest.raises(ValueError, match="must match"):
        sharpness.strength(view[:4], view, mask)
