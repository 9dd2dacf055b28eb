import numpy as np
import pytest

from jaxswap import images
from jaxswap.conversion import blend


@pytest.fixture
def region_u8(astronaut_u8):
    return astronaut_u8[60:190, 150:300]


def alpha_at(shape: tuple[int, ...], y: slice, x: slice) -> np.ndarray:
    alpha = np.zeros((*shape[:2], 1), np.float32)
    alpha[y, x] = 1
    return alpha


def test_feather_is_the_formula(region_u8):
    rng = np.random.default_rng(0)
    face = rng.random(region_u8.shape, np.float32)
    alpha = rng.random((*region_u8.shape[:2], 1), np.float32)
    alpha[:40] = 0
    result = blend.feather(region_u8, face, alpha)
    expected = np.rint(alpha * 255.0 * face + (1 - alpha) * region_u8)
    assert np.abs(result - expected).max() <= 1
    np.testing.assert_array_equal(result[:40], region_u8[:40])


def test_feather_refuses_other_sizes(region_u8):
    with pytest.raises(ValueError, match="must match"):
        blend.feather(region_u8, np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 1), np.float32))


@pytest.mark.parametrize(
    ("y", "x"),
    [
        (slice(10, 40), slice(12, 31)),  # in a corner: a box centred on the mask would move
        (slice(60, 121), slice(90, 140)),
        (slice(0, 130), slice(0, 70)),  # up to the border, as where the frame cuts a face
    ],
)
def test_poisson_never_moves_the_face(region_u8, y, x):
    alpha = alpha_at(region_u8.shape, y, x)
    result = blend.poisson(region_u8, images.to_float(region_u8), alpha)
    # A picture cloned onto itself is itself; a face that moved is off by 6 levels and more.
    inside = alpha[..., 0] > 0
    difference = np.abs(result.astype(int) - region_u8)
    assert difference[inside].mean() < 1.5
    np.testing.assert_array_equal(result[~inside], region_u8[~inside])


def test_poisson_takes_the_colours_of_the_region(region_u8):
    alpha = alpha_at(region_u8.shape, slice(30, 100), slice(30, 120))
    tinted = np.clip(images.to_float(region_u8) * 0.7 + 0.05, 0, 1)
    result = blend.poisson(region_u8, tinted, alpha)
    inside = alpha[..., 0] > 0
    cloned = np.abs(result[inside].astype(int) - region_u8[inside]).mean()
    pasted = np.abs(images.to_u8(tinted)[inside].astype(int) - region_u8[inside]).mean()
    assert cloned < 0.6 * pasted


def test_poisson_with_an_empty_mask_changes_nothing(region_u8):
    alpha = np.zeros((*region_u8.shape[:2], 1), np.float32)
    result = blend.poisson(region_u8, np.zeros(region_u8.shape, np.float32), alpha)
    np.testing.assert_array_equal(result, region_u8)
