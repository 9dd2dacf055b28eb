import cv2
import numpy as np
import pytest

from jaxswap.conversion.blending import multiband


@pytest.mark.parametrize("levels", [1, 3])
@pytest.mark.parametrize("at", [(42, 45), (6, 45), (80, 4)])
def test_equal_pictures_stay_to_the_bit(region, oval, levels, at):
    mask = oval(at=at).astype(np.float32)
    found, _ = multiband.blend(region, region, mask, levels=levels)
    np.testing.assert_array_equal(found, region)


def test_it_is_the_blend_of_two_laplacian_pyramids(region, face, oval):
    mask, levels = oval().astype(np.float32), 3

    def pyramid(image):
        bands = []
        for _ in range(levels):
            smaller = cv2.pyrDown(image)
            bands.append(image - cv2.pyrUp(smaller, dstsize=image.shape[1::-1]))
            image = smaller
        return [*bands, image]

    shares = [mask]
    for _ in range(levels):
        shares.append(cv2.pyrDown(shares[-1]))
    bands = [
        share[..., None] * ours + (1 - share[..., None]) * theirs
        for share, ours, theirs in zip(shares, pyramid(face), pyramid(region), strict=True)
    ]
    expected = bands.pop()
    while bands:
        expected = cv2.pyrUp(expected, dstsize=bands[-1].shape[1::-1]) + bands.pop()
    found, _ = multiband.blend(region, face, mask, levels=levels)
    np.testing.assert_allclose(found, np.clip(expected, 0, 1), rtol=0, atol=1e-5)


def test_colours_change_gradually_and_details_at_once():
    region = np.full((128, 128, 3), 0.3, np.float32)
    face = np.full_like(region, 0.7)
    face[:, ::2] += 0.1
    mask = np.zeros((128, 128), np.float32)
    mask[:, 64:] = 1
    found, _ = multiband.blend(region, face, mask, levels=4)
    line = found[64, :, 0]
    smooth = (line[:-1] + line[1:]) / 2
    assert np.abs(np.diff(smooth)).max() < 0.05  # of a step of 0.4
    assert smooth[5] < 0.31
    assert smooth[-5] > 0.74
    rough = np.abs(np.diff(line))
    assert rough[:50].max() < 0.02
    assert rough[70:].min() > 0.07


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_alpha_and_reach_hold_all_that_changes(levels):
    mask = np.zeros((160, 160), np.float32)
    mask[70:90, 70:90] = 1
    region = np.zeros((160, 160, 3), np.float32)
    found, alpha = multiband.blend(region, np.ones_like(region), mask, levels=levels)
    assert 255 * np.abs(found - region)[alpha == 0].max() < 0.51
    ys, xs = np.nonzero(alpha)
    reach = multiband.reach(levels)
    assert 70 - ys.min() <= reach
    assert xs.max() - 89 <= reach
    assert alpha[70:90, 70:90].all()


def test_levels_grow_with_the_mask():
    assert multiband.num_levels(0) == 1
    found = [multiband.num_levels(size) for size in (20, 100, 200, 400, 5000)]
    assert found == sorted(found)
    assert found[-1] == multiband.MAX_LEVELS
    assert multiband.reach(multiband.num_levels(400)) <= 200


def test_other_sizes_are_refused(region):
    small = np.zeros((4, 4, 3), np.float32)
    with pytest.raises(ValueError, match="must match"):
        multiband.blend(region, small, np.zeros((4, 4), np.float32), levels=2)
