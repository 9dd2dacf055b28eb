import cv2
import numpy as np
import pytest
from PIL import Image

from jaxswap.augmentation import view


def picture(size):
    """Smooth in both directions, so that the way of sampling hardly counts but the place does."""
    y, x = np.mgrid[0:size, 0:size] / size
    channels = [255 * x, 255 * y, 127 + 120 * np.sin(5 * x) * np.cos(4 * y)]
    return np.stack(channels, axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("chip_size", "coverage"), [(64, 1.0), (48, 0.625), (96, 0.6875), (256, 0.625)]
)
def test_the_view_is_the_chip_through_its_matrix(chip_size, coverage):
    chip = picture(chip_size)
    matrix = view.view_from_chip(chip_size, 64, coverage)
    expected = cv2.warpAffine(
        chip.astype(np.float32),
        matrix,
        (64, 64),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    got = view.view(chip[None], size=64, coverage=coverage)[0]
    # OpenCV rounds places to 1/32 of a pixel; a shift of half a pixel would differ by more than 1.
    np.testing.assert_allclose(255 * got, expected, atol=0.5)


def test_a_chip_of_the_views_size_is_its_view():
    chip = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 6), dtype=np.uint8)
    np.testing.assert_allclose(
        view.view(chip, size=32, coverage=1.0), chip / np.float32(255), atol=1e-6
    )


def test_a_dense_chip_is_filtered_with_a_tent_of_two_pixels():
    chip = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    seen = view.view(chip[None], size=32, coverage=1.0)[0]
    ideal = Image.fromarray(chip).resize((32, 32), Image.Resampling.BILINEAR)
    # Thinned by 2 on the way and not by 3: noise, the hardest case, differs by some levels.
    assert np.abs(255 * seen - np.asarray(ideal)).mean() < 6
    assert np.std(255 * seen) < 1.05 * np.std(np.asarray(ideal))


def test_the_middle_of_the_chip_stays_in_the_middle():
    matrix = view.view_from_chip(256, 64, 0.625)
    np.testing.assert_allclose(matrix @ [127.5, 127.5, 1], [31.5, 31.5], atol=1e-12)
    np.testing.assert_allclose(matrix @ [48 - 0.5, 48 - 0.5, 1], [-0.5, -0.5], atol=1e-12)
    np.testing.assert_allclose(matrix @ [208 - 0.5, 208 - 0.5, 1], [63.5, 63.5], atol=1e-12)


def test_a_chip_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="Chips are square"):
        view.view(np.zeros((1, 8, 9, 3), np.uint8), size=4, coverage=1.0)
