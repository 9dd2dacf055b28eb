"""CIEDE2000 against the published pairs and another implementation."""

import numpy as np
import pytest
from skimage import color

from jaxswap.evaluation import color_difference

# Rows 1, 4, 7, 14, 17, 21 and 25 of table 1 in Sharma et al. 2005.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, -0.001, 2.49), (50.0, 0.0011, -2.49), 4.7461),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (50.0, 3.1736, 0.5854), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
]


@pytest.mark.parametrize(("first", "second", "expected"), PUBLISHED)
def test_published_pairs(first, second, expected):
    first, second = np.array([first]), np.array([second])
    assert color_difference.ciede2000(first, second) == pytest.approx(expected, abs=5e-5)
    assert color_difference.ciede2000(second, first) == pytest.approx(expected, abs=5e-5)


def test_any_colors_as_scikit_image_has_them():
    rng = np.random.default_rng(0)
    first, second = rng.uniform([0, -90, -90], [100, 90, 90], (2, 500, 3))
    found = color_difference.ciede2000(first, second)
    np.testing.assert_allclose(found, color.deltaE_ciede2000(first, second), rtol=1e-9)


def test_lab_as_scikit_image_has_it(astronaut_u8):
    part = np.ascontiguousarray(astronaut_u8[:64, 200:264])
    found = color_difference.lab(part)
    np.testing.assert_allclose(found, color.rgb2lab(part), atol=0.03)  # the white point's digits
    assert color_difference.ciede2000(found[0], found[0]).max() == 0.0


def test_black_and_white():
    found = color_difference.lab(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8))
    np.testing.assert_allclose(found, [[[0, 0, 0], [100, 0, 0]]], atol=1e-9)
