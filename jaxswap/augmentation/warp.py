"""The random distortion of 2017: a 5x5 grid of points, each moved by itself.

Convention: complex points in units of the chip's side around its centre, as in `affine`.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

GRID = 5


def regular_grid(coverage: float) -> Complex[np.ndarray, "5 5"]:
    """The grid's points at rest: rows from the top, over the central `coverage` of the chip."""
    line = coverage * (np.arange(GRID) / (GRID - 1) - 0.5)
    return (line[None, :] + 1j * line[:, None]).astype(np.complex64)


def random_offsets(key: jax.Array, *, warp: float) -> Complex[Array, "5 5"]:
    """Displacements of the grid's points, normal with deviation `warp` along x and y."""
    x, y = warp * jax.random.normal(key, (2, GRID, GRID))
    return lax.complex(x, y)


@functools.cache
def _interpolation(size: int) -> np.ndarray:
    """Matrix `[size, 5]`: pixel i of the view lies at `4 (i + 0.5) / size` of the grid.

    For 64 pixels that is 0.03125 + i / 16, what the original cut from a grid resized to 80.
    """
    position = (GRID - 1) * (np.arange(size) + 0.5) / size
    return np.maximum(0, 1 - np.abs(position[:, None] - np.arange(GRID))).astype(np.float32)


def sample_points(
    grid: Complex[Array, "5 5"] | Complex[np.ndarray, "5 5"], *, size: int
) -> Complex[Array, "size size"]:
    """Which point of the chip each pixel shows: the grid between its points, bilinearly."""
    matrix = _interpolation(size)

    def smooth(part: Float[Array, "5 5"]) -> Float[Array, "size size"]:
        # Written out, not as matrix products: a product's last bits change with the batch's size,
        # and so with the number of devices.
        rows = sum(matrix[:, i, None] * part[i] for i in range(GRID))
        return sum(rows[:, i, None] * matrix[:, i] for i in range(GRID))

    return lax.complex(smooth(jnp.real(grid)), smooth(jnp.imag(grid)))
