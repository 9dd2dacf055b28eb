import cv2
import numpy as np
import pytest

from jaxswap.conversion.blending import poisson, seamless_clone


@pytest.mark.parametrize("gradients", ["normal", "mixed"])
def test_it_agrees_with_the_exact_one(region, face, oval, gradients):
    mask, deep = oval(), oval(axes=(14, 20))
    # Smooth around the mask: OpenCV lets colours flow through its whole box.
    region = cv2.GaussianBlur(region, (0, 0), 8)
    face = (0.7 * region + 0.1 * face + 0.05).astype(np.float32)
    task = poisson.Task(region, face, mask)
    (theirs,) = seamless_clone.clone([task], gradients=gradients)
    (ours,) = poisson.clone([task], gradients=gradients)
    difference = 255 * np.abs(theirs - ours)[deep]
    assert difference.mean() < 4
    assert difference.mean() < 0.4 * 255 * np.abs(ours - face)[deep].mean()
    np.testing.assert_array_equal(theirs[~mask], region[~mask])


@pytest.mark.parametrize("axes", [(20, 27), (21, 27), (20, 26)])
def test_the_face_stays_where_it_is(region, oval, axes):
    """Half a pixel of shift would show along every edge of the picture."""
    task = poisson.Task(region, region, oval(axes=axes))
    (found,) = seamless_clone.clone([task], gradients="normal")
    assert 255 * np.abs(found - region).mean() < 1
    assert 255 * np.abs(found - region).max() < 4


@pytest.mark.parametrize("at", [(6, 45), (80, 4), (42, 88)])
def test_a_face_cut_by_the_frame(region, face, oval, at):
    mask = oval(at=at)
    (found,) = seamless_clone.clone([poisson.Task(region, face, mask)], gradients="normal")
    np.testing.assert_array_equal(found[~mask], region[~mask])
    assert np.abs(found - region)[mask].mean() > 0.01


def test_nothing_to_clone(region, face):
    task = poisson.Task(region, face, np.zeros((90, 84), bool))
    (found,) = seamless_clone.clone([task], gradients="normal")
    np.testing.assert_array_equal(found, region)


def test_other_sizes_are_refused(region):
    task = poisson.Task(region, np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), bool))
    with pytest.raises(ValueError, match="must match"):
        seamless_clone.clone([task], gradients="normal")
