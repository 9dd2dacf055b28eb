"""Against scikit-image and against the formulas' own properties."""

import numpy as np
import pytest
from skimage import metrics

from jaxswap.evaluation import image_quality


@pytest.fixture(scope="module")
def pair(astronaut_u8):
    """Two pictures, and what a codec or a model might make of them."""
    rng = np.random.default_rng(7)
    target = astronaut_u8[:96, 150:278].astype(np.float32)[None] / 255
    target = np.concatenate([target, target[:, ::-1]])
    noise = rng.normal(0, [[[[0.02]]], [[[0.1]]]], target.shape)
    return np.clip(target + noise, 0, 1).astype(np.float32), target


def test_psnr_agrees_with_scikit_image(pair):
    expected = [
        metrics.peak_signal_noise_ratio(t, p, data_range=1) for p, t in zip(*pair, strict=True)
    ]
    np.testing.assert_allclose(image_quality.psnr(*pair), expected, rtol=1e-5)


def test_ssim_agrees_with_scikit_image(pair):
    expected = [
        metrics.structural_similarity(
            p,
            t,
            data_range=1,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )[1].mean()
        for p, t in zip(*pair, strict=True)
    ]
    np.testing.assert_allclose(image_quality.ssim(*pair), expected, atol=1e-5)


def test_l1_is_the_mean_of_the_absolute_differences():
    pred = np.zeros((1, 2, 2, 1), np.float32)
    target = np.array([0.0, 0.1, 0.2, 0.5], np.float32).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(image_quality.l1(pred, target), [0.2], rtol=1e-6)


def test_equal_pictures_are_perfect(pair):
    _, target = pair
    np.testing.assert_array_equal(image_quality.l1(target, target), [0, 0])
    np.testing.assert_array_equal(image_quality.psnr(target, target), [100, 100])
    np.testing.assert_allclose(image_quality.ssim(target, target), [1, 1], atol=1e-6)


@pytest.mark.parametrize("figure", [image_quality.l1, image_quality.psnr, image_quality.ssim])
def test_a_mask_of_ones_changes_nothing(pair, figure):
    pred, target = pair
    ones = np.ones((*pred.shape[:3], 1), np.float32)
    np.testing.assert_allclose(figure(pred, target, mask=ones), figure(pred, target), rtol=1e-9)


def test_only_what_the_mask_covers_counts(pair):
    _, target = pair
    pred, mask = target.copy(), np.zeros((*target.shape[:3], 1), np.float32)
    pred[:, :40] = 0.5
    mask[:, 60:] = 1.0  # further from the damage than the window of SSIM reaches
    assert (image_quality.l1(pred, target) > 0.01).all()
    np.testing.assert_array_equal(image_quality.l1(pred, target, mask=mask), [0, 0])
    np.testing.assert_array_equal(image_quality.psnr(pred, target, mask=mask), [100, 100])
    np.testing.assert_allclose(image_quality.ssim(pred, target, mask=mask), [1, 1], atol=1e-6)


def test_masked_l1_weighs_by_the_mask():
    pred = np.zeros((1, 1, 2, 3), np.float32)
    target = np.array([[[[0.4] * 3, [0.2] * 3]]], np.float32)
    mask = np.array([0.25, 0.75], np.float32).reshape(1, 1, 2, 1)
    np.testing.assert_allclose(image_quality.l1(pred, target, mask=mask), [0.25], rtol=1e-6)


@pytest.mark.parametrize("figure", [image_quality.l1, image_quality.psnr, image_quality.ssim])
def test_shapes_that_broadcast_are_refused(figure):
    with pytest.raises(ValueError, match="must match"):
        figure(np.zeros((2, 16, 16, 3), np.float32), np.zeros((1, 16, 16, 3), np.float32))


def test_an_empty_mask_is_refused():
    pictures = np.zeros((2, 16, 16, 3), np.float32)
    mask = np.stack([np.ones((16, 16, 1)), np.zeros((16, 16, 1))]).astype(np.float32)
    with pytest.raises(ValueError, match="Mask 1 is empty"):
        image_quality.l1(pictures, pictures, mask=mask)
