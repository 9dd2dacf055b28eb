import cv2
import numpy as np
import pytest

from jaxswap.conversion import blend


@pytest.fixture
def region_u8(astronaut_u8):
    return np.ascontiguousarray(astronaut_u8[60:190, 150:300])


def alpha_at(shape: tuple[int, ...], y: slice, x: slice) -> np.ndarray:
    alpha = np.zeros(shape[:2], np.float32)
    alpha[y, x] = 1
    return alpha


def test_mix_is_the_formula(region_u8):
    rng = np.random.default_rng(0)
    face_u8 = rng.integers(0, 256, region_u8.shape, dtype=np.uint8)
    alpha = rng.random(region_u8.shape[:2], np.float32)
    alpha[:40] = 0
    alpha[120:] = 1
    result = blend.mix(region_u8, face_u8, alpha)
    share = alpha[..., None].astype(float)
    expected = share * face_u8 + (1 - share) * region_u8
    assert np.abs(result - expected).max() <= 0.5 + 1e-4
    np.testing.assert_array_equal(result[:40], region_u8[:40])
    np.testing.assert_array_equal(result[120:], face_u8[120:])
    for channel in range(3):
        plane = blend.mix(region_u8[..., channel].copy(), face_u8[..., channel].copy(), alpha)
        np.testing.assert_array_equal(plane, result[..., channel])


@pytest.mark.parametrize("function", [blend.mix, blend.poisson])
def test_other_sizes_are_refused(region_u8, function):
    small = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="must match"):
        function(region_u8, small, np.zeros((4, 4), np.float32))


@pytest.mark.parametrize(
    ("y", "x"),
    [
        (slice(10, 40), slice(12, 31)),
        (slice(60, 121), slice(90, 140)),
        (slice(0, 130), slice(0, 70)),  # up to the border, as where the frame cuts a face
    ],
)
def test_poisson_of_a_picture_with_itself_is_the_picture(region_u8, y, x):
    alpha = alpha_at(region_u8.shape, y, x)
    np.testing.assert_array_equal(blend.poisson(region_u8, region_u8, alpha), region_u8)


def test_poisson_takes_the_colours_of_the_region(region_u8):
    alpha = alpha_at(region_u8.shape, slice(30, 100), slice(30, 120))
    tinted = np.rint(region_u8 * 0.7 + 12).astype(np.uint8)
    result = blend.poisson(region_u8, tinted, alpha)
    inside = alpha > 0
    cloned = np.abs(result[inside].astype(int) - region_u8[inside]).mean()
    pasted = np.abs(tinted[inside].astype(int) - region_u8[inside]).mean()
    assert cloned < 0.6 * pasted


def test_poisson_solves_its_equation(region_u8):
    """The change's Laplacian is the divergence of the gradients that were asked for."""
    rng = np.random.default_rng(0)
    region = (region_u8 // 4 + 96).astype(np.uint8)  # no clipping, which has no equation
    bumps = cv2.GaussianBlur(rng.normal(0, 60, region.shape), (0, 0), 3)
    face = np.clip(region + bumps, 0, 255).astype(np.uint8)
    alpha = alpha_at(region.shape, slice(30, 100), slice(30, 120))
    change = blend.poisson(region, face, alpha).astype(float) - region
    asked = face.astype(float) - region
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)
    deep = (slice(33, 97), slice(33, 117))
    found, wanted = (cv2.filter2D(x, cv2.CV_64F, kernel)[deep] for x in (change, asked))
    assert np.abs(found - wanted).max() <= 4.1  # half a level of rounding in eight pixels
    assert np.abs(found - wanted).mean() < 1
    assert np.abs(wanted).mean() > 0.5
    outside = cv2.filter2D(change, cv2.CV_64F, kernel)[2:27, 2:-2]
    assert np.abs(outside).max() <= 4.1


def test_poisson_with_an_empty_mask_changes_nothing(region_u8):
    alpha = np.zeros(region_u8.shape[:2], np.float32)
    result = blend.poisson(region_u8, np.zeros_like(region_u8), alpha)
    np.testing.assert_array_equal(result, region_u8)
