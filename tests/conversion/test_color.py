import numpy as np
import pytest

from jaxswap.conversion import color


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    swapped = (0.3 + 0.055 * rng.standard_normal((20, 24, 3))).clip(0, 1).astype(np.float32)
    target = (0.6 + 0.12 * rng.standard_normal((20, 24, 3))).clip(0, 1).astype(np.float32)
    mask = np.zeros((20, 24, 1), np.float32)
    mask[4:16, 5:20] = 1
    return swapped, target, mask


def test_mean_colour_and_spread_of_brightness_become_the_targets(pair):
    swapped, target, mask = pair
    result = color.mean_std(swapped, target, mask)
    assert result.dtype == np.float32
    inside = mask[..., 0] > 0
    # The reference: plain moments of the masked pixels. Few pixels are clipped.
    np.testing.assert_allclose(result[inside].mean(axis=0), target[inside].mean(axis=0), atol=4e-3)
    lumas = [image[inside] @ [0.2126, 0.7152, 0.0722] for image in (result, target)]
    assert lumas[0].std() == pytest.approx(lumas[1].std(), rel=0.03)


def test_shadows_of_a_face_in_warm_light_keep_their_hue(pair):
    _, _, mask = pair
    shade = np.linspace(0.3, 1.0, 20, dtype=np.float32)[:, None, None]
    warm, white = np.float32([0.8, 0.5, 0.2]), np.float32([0.7, 0.7, 0.7])
    canvas = np.ones((20, 24, 3), np.float32)
    result = color.mean_std(canvas * shade * warm, canvas * shade * white, mask)
    np.testing.assert_allclose(result, canvas * shade * white, atol=1e-5)


def test_what_is_outside_of_the_mask_does_not_matter(pair):
    swapped, target, mask = pair
    result = color.mean_std(swapped, target, mask)
    other = np.where(mask > 0, target, 0)
    np.testing.assert_allclose(color.mean_std(swapped, other, mask), result, atol=1e-6)


def test_equal_faces_stay(pair):
    _, target, mask = pair
    np.testing.assert_allclose(color.mean_std(target, target, mask), target, atol=1e-6)


def test_a_flat_face_is_not_blown_up(pair):
    _, target, mask = pair
    mean = target[mask[..., 0] > 0].mean(axis=0)
    flat = np.ones_like(target) * mean
    flat[::2] += 0.001
    result = color.mean_std(flat, target, mask)
    assert np.ptp(result, axis=(0, 1)).max() == pytest.approx(0.001 * color.MAX_GAIN, rel=0.02)


def test_without_mask_nothing_changes(pair):
    swapped, target, mask = pair
    assert color.mean_std(swapped, target, np.zeros_like(mask)) is swapped


def test_shapes_must_match(pair):
    swapped, target, mask = pair
    with pytest.raises(ValueError, match="must match"):
        color.mean_std(swapped, target, mask[:10])
