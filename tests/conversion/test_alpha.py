import numpy as np
import pytest
from scipy import ndimage

from jaxswap.conversion import alpha
from jaxswap.vision import alignment

SIZE = alpha.SIZE
COVERAGE = 0.625
HEIGHT = alignment.FACE_HEIGHT


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return (np.hypot(x, y) < radius).astype(np.float32)[..., None]


def soft(mask: np.ndarray, *, erode: float = 0.045, feather: float = 0.035) -> np.ndarray:
    return alpha.soft(mask, coverage=COVERAGE, erode=erode, feather=feather)


def test_alpha_is_in_range_and_ends_before_the_border():
    result = soft(np.ones((SIZE, SIZE, 1), np.float32))
    assert result.min() == 0
    assert result.max() <= 1
    assert result[SIZE // 2, SIZE // 2, 0] == pytest.approx(1)
    edges = np.concatenate([result[0], result[-1], result[:, 0], result[:, -1]])
    assert not edges.any()
    # No step is visible: neighbours differ by less than a tenth even at the border.
    for axis in (0, 1):
        assert np.abs(np.diff(result, axis=axis)).max() < 0.16


def test_edge_moves_inwards_by_the_erosion():
    erode = 0.03
    row = soft(disc(90), erode=erode, feather=0.01)[SIZE // 2, :, 0]
    half = SIZE / 2 - np.argmax(row > 0.5)
    assert half == pytest.approx(90 - erode * HEIGHT / COVERAGE * SIZE, abs=1.5)


def test_feather_agrees_with_scipy():
    result = soft(disc(60), erode=0.0, feather=0.02)
    expected = ndimage.gaussian_filter(
        disc(60)[..., 0], 0.02 * HEIGHT / COVERAGE * SIZE, mode="constant", truncate=4
    )
    np.testing.assert_allclose(result[..., 0], expected, atol=3e-3)


def test_no_feather_is_a_hard_edge():
    result = soft(disc(60), erode=0.02, feather=0.0)
    assert set(np.unique(result)) == {0.0, 1.0}


def test_lengths_are_shares_of_the_face():
    wide = alpha.soft(disc(90), coverage=1.0, erode=0.05, feather=0.0).sum()
    narrow = alpha.soft(disc(90), coverage=0.5, erode=0.05, feather=0.0).sum()
    assert narrow < wide


def test_a_learned_mask_is_stretched():
    for value, expected in ((0.9, 1), (0.5, 0.5), (0.1, 0)):
        found = alpha.learned(np.full((64, 64, 1), value, np.float32))
        assert found.shape == (SIZE, SIZE, 1)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_product_is_the_learned_mask_near_the_oval():
    oval_u8 = (255 * disc(60)[..., 0]).astype(np.uint8)
    found = alpha.product(np.full((SIZE, SIZE, 1), 0.8, np.float32), oval_u8, coverage=COVERAGE)
    reach = 60 + alpha.OVAL_GROWTH * HEIGHT / COVERAGE * SIZE
    assert not found[disc(reach + 2) == 0].any()
    np.testing.assert_allclose(found[disc(reach - 2) == 1], 0.8)
