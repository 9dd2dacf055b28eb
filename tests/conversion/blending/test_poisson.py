import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import linalg

from jaxswap.conversion.blending import multigrid, poisson

PLACES = {
    "inside": {},
    "cut by the left": {"at": (6, 45)},
    "cut by a corner": {"at": (80, 4)},
    "cut on three sides": {"at": (42, 45), "axes": (60, 80)},
}


def exact(task: poisson.Task, *, gradients: str) -> np.ndarray:
    """Pérez' equation 7, pair by pair of pixels, solved directly in float64."""
    region, face = (image.astype(np.float64) for image in task[:2])
    mask, (height, width) = task.mask, task.mask.shape
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    matrix = sparse.lil_matrix((mask.sum(), mask.sum()))
    right = np.zeros((mask.sum(), 3))
    for y, x in zip(*np.nonzero(mask), strict=True):
        row = index[y, x]
        for v, u in ((y, x + 1), (y, x - 1), (y + 1, x), (y - 1, x)):
            if not (0 <= v < height and 0 <= u < width):
                continue
            ours, theirs = face[y, x] - face[v, u], region[y, x] - region[v, u]
            mixed = gradients == "mixed" and (theirs**2).sum() > (ours**2).sum()
            right[row] += theirs if mixed else ours
            matrix[row, row] += 1
            if mask[v, u]:
                matrix[row, index[v, u]] -= 1
            else:
                right[row] += region[v, u]
    result = region.copy()
    result[mask] = linalg.splu(matrix.tocsc()).solve(right)
    return np.clip(result, 0, 1)


def clone(region, face, mask, *, gradients="normal"):
    return poisson.clone([poisson.Task(region, face, mask)], gradients=gradients)[0]


@pytest.mark.parametrize("gradients", ["normal", "mixed"])
@pytest.mark.parametrize("place", PLACES)
def test_it_is_the_direct_solution(region, face, oval, place, gradients):
    mask = oval(**PLACES[place])
    if place == "cut on three sides":
        mask[:, -2:] = False
    task = poisson.Task(region, face, mask)
    (found,) = poisson.clone([task], gradients=gradients)
    assert 255 * np.abs(found - exact(task, gradients=gradients)).max() < 0.5
    np.testing.assert_array_equal(found[~mask], region[~mask])
    assert np.abs(found - region)[mask].mean() > 0.01


def test_a_ragged_mask_with_holes(region, face, oval):
    rng = np.random.default_rng(0)
    task = poisson.Task(region, face, oval() & (rng.random((90, 84)) < 0.9))
    (found,) = poisson.clone([task], gradients="normal")
    assert 255 * np.abs(found - exact(task, gradients="normal")).max() < 0.5


@pytest.mark.parametrize("gradients", ["normal", "mixed"])
def test_a_picture_with_itself_is_the_picture(region, oval, gradients):
    for mask in (oval(), oval(at=(6, 45)), np.ones((90, 84), bool)):
        np.testing.assert_array_equal(clone(region, region, mask, gradients=gradients), region)


def test_a_face_that_is_only_lighter_gives_back_the_frame(region, oval):
    region = region / 2
    found = clone(region, region + 0.25, oval())
    assert 255 * np.abs(found - region).max() < 0.1


def test_the_box_around_the_mask_changes_nothing(region, face, oval):
    """What is known of the face is in the mask, and next to it: the rest may be anything."""
    mask = oval(axes=(18, 22))
    whole = clone(region, face, mask)
    for y0, y1, x0, x1 in ((18, 72, 20, 66), (19, 80, 10, 70), (3, 90, 0, 84)):
        box = slice(y0, y1), slice(x0, x1)
        found = clone(region[box], face[box], mask[box])
        np.testing.assert_array_equal(found, whole[box])
    garbage = np.where(oval(axes=(20, 24))[..., None], face, 0)
    np.testing.assert_array_equal(clone(region, garbage.astype(np.float32), mask), whole)


def test_mixed_keeps_a_line_of_the_frame(region, oval):
    frame = np.full_like(region, 0.6)
    frame[:, 40:43] = 0.1
    face = np.full_like(region, 0.5)
    face[20:70:8] = 0.55
    mask = oval()
    normal, mixed = (clone(frame, face, mask, gradients=g) for g in ("normal", "mixed"))
    contrast = [
        (image[45, 36] - image[45, 41]).mean() / (frame[45, 36] - frame[45, 41]).mean()
        for image in (normal, mixed)
    ]
    assert contrast[0] < 0.3
    assert contrast[1] > 0.8


def test_a_batch_is_what_each_is_alone(region, face, oval):
    tasks = [
        poisson.Task(region, face, oval()),
        poisson.Task(region, region, oval(at=(30, 40))),
        poisson.Task(region, 0.95 * region + 0.02, oval(at=(44, 44))),  # done earlier
        poisson.Task(face, region, oval(at=(6, 45))),
        poisson.Task(region, face, np.zeros((90, 84), bool)),
        poisson.Task(region[:20, :20], face[:20, :20], oval()[35:55, 32:52]),
    ]
    together = poisson.clone(tasks, gradients="normal")
    for task, found in zip(tasks, together, strict=True):
        (alone,) = poisson.clone([task], gradients="normal")
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(together[4], region)
    again = poisson.clone(tasks, gradients="normal")
    for one, other in zip(together, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_few_programs_are_compiled(region, face, oval):
    """A face of any size up to 78 pixels meets two sizes of rasters."""
    compiled = poisson._program._cache_size()
    for half in range(2, 39, 2):
        clone(region, face, oval(axes=(half // 2 + 1, half)))
    assert poisson._program._cache_size() - compiled <= 2


def test_other_sizes_are_refused(region):
    small = np.zeros((4, 4, 3), np.float32)
    with pytest.raises(ValueError, match="must match"):
        clone(region, small, np.zeros((4, 4), bool))


def test_a_shift_brings_what_is_further_along():
    x = jnp.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(multigrid.shifted(x, 1, axis=-1), [[1, 2, 0], [4, 5, 0]])
    np.testing.assert_array_equal(multigrid.shifted(x, -1, axis=-2), [[0, 0, 0], [0, 1, 2]])
