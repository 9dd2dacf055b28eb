"""The Laplace equation on masks, against a direct solver in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import linalg

from jaxswap.conversion.blending import multigrid

SOLVE = jax.jit(multigrid.solve, static_argnames="tolerance")


def task(seed, *, height=48, width=96):
    """A ragged mask that touches the border, how many neighbours pixels have, a right-hand side."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    mask = ((x - width / 3) / (width / 2.5)) ** 2 + ((y - height / 2) / (height / 2.2)) ** 2 < 1
    mask &= rng.random((height, width)) > 0.02  # holes of one pixel
    neighbours = 4.0 - (x == 0) - (x == width - 1) - (y == 0) - (y == height - 1)
    right = np.where(mask, rng.normal(size=(2, height, width)), 0)
    return mask, neighbours.astype(np.float32), right.astype(np.float32)


def exact(mask, neighbours, right):
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    matrix = sparse.lil_matrix((mask.sum(), mask.sum()))
    matrix.setdiag(neighbours[mask])
    for along in (0, 1):
        one, other = (np.moveaxis(index, along, 0)[part] for part in (np.s_[:-1], np.s_[1:]))
        pairs = (one >= 0) & (other >= 0)
        matrix[one[pairs], other[pairs]] = matrix[other[pairs], one[pairs]] = -1
    found = np.zeros(right.shape)
    found[:, mask] = linalg.splu(matrix.tocsc()).solve(right[:, mask].T.astype(np.float64)).T
    return found


def solved(*tasks, tolerance=1e-5):
    operands = (jnp.asarray(np.stack(parts)) for parts in zip(*tasks, strict=True))
    return np.asarray(SOLVE(*operands, tolerance=tolerance))


@pytest.mark.parametrize("size", [(48, 96), (50, 70)], ids=str)  # halved twice, and once
def test_it_is_the_direct_solution(size):
    tasks = [task(seed, height=size[0], width=size[1]) for seed in (1, 2)]
    for made, found in zip(tasks, solved(*tasks), strict=True):
        expected = exact(*made)
        assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()
        assert not found[:, ~made[0]].any()


def test_a_mask_does_not_see_what_is_in_a_batch_with_it():
    one, other = task(1), task(2)
    hard = (other[0], other[1], 1000 * other[2])
    np.testing.assert_array_equal(solved(one, hard)[0], solved(one, other)[0])


def test_where_nothing_is_unknown_nothing_is_found():
    mask, neighbours, right = task(1)
    nothing = (np.zeros_like(mask), neighbours, 0 * right)
    assert not solved(nothing, nothing).any()


def test_what_is_beyond_the_end_is_nothing():
    x = jnp.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(multigrid.shifted(x, 1, axis=-1), [[1, 2, 0], [4, 5, 0]])
    np.testing.assert_array_equal(multigrid.shifted(x, -1, axis=0), [[0, 0, 0], [0, 1, 2]])
