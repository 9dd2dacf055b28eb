"""The discrete Laplace equation on the pixels of a mask, solved in JAX, many masks at once.

Conjugate gradients, preconditioned by one multigrid cycle: four to six iterations, whatever the
size of the mask. A level of the cycle is described by the strength of the link between each pixel
and its four neighbours, so that masks of any shape, and pixels whose neighbours are known or do not
exist, are the same to it.

References: McAdams et al. 2010, https://pages.cs.wisc.edu/~sifakis/project_pages/mgpcg.html (the
preconditioning, on masks); Arrarás et al. 2024, https://arxiv.org/abs/2402.06857 (cells in place of
points, summed on the way up)
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

_SMOOTHINGS = 2  # sweeps before and after a correction from the coarser level
_COARSEST = 24  # a side that is not halved again
_COARSEST_SWEEPS = 96
_MAX_ITERATIONS = 40
_TINY = 1e-20

Field = Float[Array, "n c h w"]
Plane = Float[Array, "n h w"]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class _Level:
    """A x = b, as a weighted mean of neighbours: x = b / diagonal + sum(share * neighbour)."""

    right: Array
    left: Array
    below: Array
    above: Array
    inverse: Array
    """1 / diagonal; 0 where nothing is unknown."""
    diagonal: Array

    def defect(self, x: Field, b: Field) -> Field:
        """(b - A x) / diagonal."""
        mean = self.right * shifted(x, 1, axis=-1) + self.left * shifted(x, -1, axis=-1)
        mean += self.below * shifted(x, 1, axis=-2) + self.above * shifted(x, -1, axis=-2)
        return self.inverse * b - x + mean


def solve(
    unknown: Bool[Array, "n h w"], neighbours: Plane, b: Field, *, tolerance: float
) -> Float[Array, "n c h w"]:
    """Find x in the mask, such that neighbours * x - (the sum of unknown neighbours) = b.

    A pure function, made to be a part of a jitted one. Every mask and channel stops by itself, so
    that it does not matter what it is in a batch with.

    Args:
        unknown: the mask. Sides with many factors of 2 make it quick.
        neighbours: how many neighbours of a pixel exist, known or not.
        b: the right-hand side, with the known neighbours in it; 0 outside the mask.
        tolerance: the last change that is made, in the units of x; the error is a fraction of it.

    Returns:
        x, which is 0 outside the mask.
    """
    levels = jax.tree.map(lambda plane: plane[:, None], _levels(unknown, neighbours))
    # How often a sweep is done is an operand, so that the compiler keeps each loop as it is: it
    # would fuse unrolled sweeps into one kernel that computes every pixel again for each neighbour.
    sweeps = jnp.where(unknown.any(), _SMOOTHINGS, 0)

    def unfinished(state: tuple) -> Array:
        iteration, active = state[0], state[1]
        return (iteration < _MAX_ITERATIONS) & active.any()

    def iterate(state: tuple) -> tuple:
        iteration, active, x, residual, direction, slope = state
        step = _cycle(levels, residual, sweeps)
        new_slope = _dot(residual, step)
        direction = step + new_slope / jnp.maximum(slope, _TINY) * direction
        image = -levels[0].diagonal * levels[0].defect(direction, jnp.zeros_like(direction))
        length = jnp.where(active, new_slope / jnp.maximum(_dot(direction, image), _TINY), 0)
        change = length * direction
        return (
            iteration + 1,
            active & (jnp.abs(change).max(axis=(-2, -1), keepdims=True) > tolerance),
            x + change,
            residual - length * image,
            direction,
            new_slope,
        )

    nothing = jnp.zeros_like(b)
    per_mask = (*b.shape[:2], 1, 1)
    start = (0, jnp.ones(per_mask, bool), nothing, b, nothing, jnp.full(per_mask, jnp.inf))
    return jax.lax.while_loop(unfinished, iterate, start)[2]


def shifted(x: Float[Array, "*shape"], by: int, *, axis: int) -> Float[Array, "*shape"]:
    """What is `by` places further along an axis; 0 beyond the end."""
    edges = [(0, 0, 0)] * x.ndim
    edges[axis] = (-by, by, 0)
    return jax.lax.pad(x, jnp.zeros((), x.dtype), edges)


def _dot(a: Field, b: Field) -> Array:
    return jnp.sum(a * b, axis=(-2, -1), keepdims=True)


def _levels(unknown: Bool[Array, "n h w"], neighbours: Plane) -> list[_Level]:
    """From the pixels up to cells as coarse as they get."""
    one = unknown.astype(jnp.float32)
    across, down = one * shifted(one, 1, axis=-1), one * shifted(one, 1, axis=-2)
    known = one * neighbours - _linked(across, down)
    levels = [_level(across, down, known)]
    while min(across.shape[-2:]) > _COARSEST and not any(side % 2 for side in across.shape[-2:]):
        # Of the pixels' links those that cross from cell to cell, over twice the distance. A known
        # pixel stays where it is, next to the cell's edge: half a cell from its centre.
        across = (across[..., 0::2, 1::2] + across[..., 1::2, 1::2]) / 2
        down = (down[..., 1::2, 0::2] + down[..., 1::2, 1::2]) / 2
        known = _pooled(known) * (1 if len(levels) == 1 else 0.5)
        levels.append(_level(across, down, known))
    return levels


def _level(across: Plane, down: Plane, known: Plane) -> _Level:
    diagonal = known + _linked(across, down)
    inverse = jnp.where(diagonal > 0, 1 / jnp.where(diagonal > 0, diagonal, 1), 0)
    return _Level(
        right=inverse * across,
        left=inverse * shifted(across, -1, axis=-1),
        below=inverse * down,
        above=inverse * shifted(down, -1, axis=-2),
        inverse=inverse,
        diagonal=diagonal,
    )


def _linked(across: Plane, down: Plane) -> Plane:
    return across + down + shifted(across, -1, axis=-1) + shifted(down, -1, axis=-2)


def _cycle(levels: list[_Level], b: Field, sweeps: Array) -> Field:
    """What one V-cycle makes of A x = b, from x = 0."""
    level = levels[0]
    x = jnp.zeros_like(b)
    if len(levels) == 1:
        lengths = jnp.tile(_lengths(32, lowest=0.002), _COARSEST_SWEEPS // 32)
        return _swept(level, x, b, lengths, sweeps * (_COARSEST_SWEEPS // _SMOOTHINGS))
    lengths = _lengths(_SMOOTHINGS, lowest=0.5)
    x = _swept(level, x, b, lengths, sweeps)
    coarse = _cycle(levels[1:], _pooled(level.diagonal * level.defect(x, b)), sweeps)
    x += jnp.where(level.inverse > 0, _finer(_finer(coarse, axis=-1), axis=-2), 0)
    return _swept(level, x, b, lengths, sweeps)


def _swept(level: _Level, x: Field, b: Field, lengths: Array, sweeps: Array) -> Field:
    def sweep(index: Array, x: Field) -> Field:
        return x + lengths[index] * level.defect(x, b)

    return jax.lax.fori_loop(0, sweeps, sweep, x)


def _lengths(num: int, *, lowest: float) -> Float[Array, " num"]:
    """Steps of Richardson's iteration that damp all of `lowest`..2 of the spectrum the most.

    They are the inverses of Chebyshev's nodes, long and short ones in an order that keeps rounding
    errors small. `num` is a power of 2.

    References: Golub & Varga 1961, https://doi.org/10.1007/BF01386013;
    https://encyclopediaofmath.org/wiki/Chebyshev_iteration_method (the order)
    """
    order = [0]
    while len(order) < num:
        order = [at for one in order for at in (one, 2 * len(order) - 1 - one)]
    middle, radius = (2 + lowest) / 2, (2 - lowest) / 2
    nodes = np.cos(np.pi * (2 * np.array(order) + 1) / (2 * num))
    return jnp.asarray(1 / (middle + radius * nodes), jnp.float32)


def _pooled(x: Float[Array, "... h w"]) -> Float[Array, "... half_h half_w"]:
    """The sums of two by two; as slices, which take a tenth of a reduction's time."""
    rows = x[..., 0::2, :] + x[..., 1::2, :]
    return rows[..., 0::2] + rows[..., 1::2]


def _finer(x: Float[Array, "... h w"], *, axis: int) -> Array:
    """Twice as many cells along an axis, by linear interpolation between their centres."""
    halves = [0.75 * x + 0.25 * shifted(x, by, axis=axis) for by in (-1, 1)]
    shape = list(x.shape)
    shape[axis] *= 2
    return jnp.stack(halves, axis=axis % x.ndim + 1).reshape(shape)
