import numpy as np
import pytest

from jaxswap.conversion.blending import mixing


@pytest.fixture
def region_u8(astronaut_u8):
    return np.ascontiguousarray(astronaut_u8[60:190, 150:300])


def test_mix_is_the_formula(region_u8):
    rng = np.random.default_rng(0)
    face = 255 * rng.random(region_u8.shape, np.float32)
    alpha = rng.random(region_u8.shape[:2], np.float32)
    alpha[:40] = 0
    alpha[120:] = 1
    result = mixing.mix(region_u8, face, alpha)
    share = alpha[..., None].astype(float)
    expected = share * face + (1 - share) * region_u8
    assert np.abs(result - expected).max() <= 0.5 + 1e-4
    np.testing.assert_array_equal(result[:40], region_u8[:40])
    np.testing.assert_array_equal(result[120:], np.rint(face[120:]))
    for channel in range(3):
        plane = mixing.mix(region_u8[..., channel].copy(), face[..., channel].copy(), alpha)
        np.testing.assert_array_equal(plane, result[..., channel])
    deep = mixing.mix(region_u8.astype(np.uint16) * 257, face * 257, alpha)
    assert deep.dtype == np.uint16
    assert np.abs(deep - 257 * expected).max() <= 0.5 + 0.02  # float32 of five digits


def test_other_sizes_are_refused(region_u8):
    small = np.zeros((4, 4, 3), np.float32)
    with pytest.raises(ValueError, match="must match"):
        mixing.mix(region_u8, small, np.zeros((4, 4), np.float32))
