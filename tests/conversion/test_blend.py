import cv2
import numpy as np
import pytest

from jaxswap import images
from jaxswap.conversion import blend


@pytest.fixture
def region_u8(astronaut_u8):
    return np.ascontiguousarray(astronaut_u8[60:190, 150:300])


@pytest.fixture
def region(region_u8):
    return images.to_float(region_u8)


def alpha_at(shape: tuple[int, ...], y: slice, x: slice) -> np.ndarray:
    alpha = np.zeros(shape[:2], np.float32)
    alpha[y, x] = 1
    return alpha


def test_mix_is_the_formula(region_u8):
    rng = np.random.default_rng(0)
    face = 255 * rng.random(region_u8.shape, np.float32)
    alpha = rng.random(region_u8.shape[:2], np.float32)
    alpha[:40] = 0
    alpha[120:] = 1
    result = blend.mix(region_u8, face, alpha)
    share = alpha[..., None].astype(float)
    expected = share * face + (1 - share) * region_u8
    assert np.abs(result - expected).max() <= 0.5 + 1e-4
    np.testing.assert_array_equal(result[:40], region_u8[:40])
    np.testing.assert_array_equal(result[120:], np.rint(face[120:]))
    for channel in range(3):
        plane = blend.mix(region_u8[..., channel].copy(), face[..., channel].copy(), alpha)
        np.testing.assert_array_equal(plane, result[..., channel])
    deep = blend.mix(region_u8.astype(np.uint16) * 257, face * 257, alpha)
    assert deep.dtype == np.uint16
    assert np.abs(deep - 257 * expected).max() <= 0.5 + 0.02  # float32 of five digits


@pytest.mark.parametrize("function", [blend.mix, blend.poisson])
def test_other_sizes_are_refused(region_u8, region, function):
    small = np.zeros((4, 4, 3), np.float32)
    with pytest.raises(ValueError, match="must match"):
        function(
            region_u8 if function is blend.mix else region, small, np.zeros((4, 4), np.float32)
        )


@pytest.mark.parametrize(
    ("y", "x"),
    [
        (slice(10, 40), slice(12, 31)),
        (slice(60, 121), slice(90, 140)),
        (slice(0, 130), slice(0, 70)),  # up to the border, as where the frame cuts a face
    ],
)
def test_poisson_of_a_picture_with_itself_is_the_picture(region, y, x):
    alpha = alpha_at(region.shape, y, x)
    np.testing.assert_array_equal(blend.poisson(region, region, alpha), region)


def test_poisson_takes_the_colours_of_the_region(region):
    alpha = alpha_at(region.shape, slice(30, 100), slice(30, 120))
    tinted = 0.7 * region + 0.05
    result = blend.poisson(region, tinted, alpha)
    inside = alpha > 0
    cloned = np.abs(result[inside] - region[inside]).mean()
    pasted = np.abs(tinted[inside] - region[inside]).mean()
    assert cloned < 0.6 * pasted


def test_poisson_solves_its_equation(region):
    """The change's Laplacian is the divergence of the gradients that were asked for."""
    rng = np.random.default_rng(0)
    region = region / 4 + 0.375  # no clipping, which has no equation
    bumps = cv2.GaussianBlur(rng.normal(0, 0.24, region.shape), (0, 0), 3)
    face = np.clip(region + bumps, 0, 1).astype(np.float32)
    alpha = alpha_at(region.shape, slice(30, 100), slice(30, 120))
    change = 255 * (blend.poisson(region, face, alpha).astype(float) - region)
    asked = 255 * (face.astype(float) - region)
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)
    deep = (slice(33, 97), slice(33, 117))
    found, wanted = (cv2.filter2D(x, cv2.CV_64F, kernel)[deep] for x in (change, asked))
    assert np.abs(found - wanted).max() < 0.01
    assert np.abs(wanted).mean() > 0.5
    outside = cv2.filter2D(change, cv2.CV_64F, kernel)[2:27, 2:-2]
    assert np.abs(outside).max() < 0.01


def test_poisson_with_an_empty_mask_changes_nothing(region):
    alpha = np.zeros(region.shape[:2], np.float32)
    result = blend.poisson(region, np.zeros_like(region), alpha)
    np.testing.assert_array_equal(result, region)
