"""The random distortion of 2017: a 5x5 grid of points, each moved by itself.

Convention: complex points in units of the chip's side around its centre, as in `affine`.
"""

import functools
import operator

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float

GRID = 5


def regular_grid(coverage: float) -> Complex[np.ndarray, "5 5"]:
    """The grid's points at rest: rows from the top, over the central `coverage` of the chip."""
    line = coverage * (np.arange(GRID) / (GRID - 1) - 0.5)
    return (line[None, :] + 1j * line[:, None]).astype(np.complex64)


def offsets(draws: Float[Array, "50"], *, warp: float) -> Complex[Array, "5 5"]:
    """Displacements of the grid's points, normal with deviation `warp` along x and y.

    Args:
        draws: uniform in (-1, 1), turned into normal ones by the inverse of their distribution.
        warp: deviation in sides of the chip.
    """
    x, y = warp * np.float32(np.sqrt(2)) * lax.erf_inv(draws).reshape(2, GRID, GRID)
    return lax.complex(x, y)


@functools.cache
def _interpolation(size: int) -> np.ndarray:
    """Matrix `[size, 5]`: pixel i of the view lies at `4 (i + 0.5) / size` of the grid.

    For 64 pixels that is 0.03125 + i / 16, what the original cut from a grid resized to 80.
    """
    position = (GRID - 1) * (np.arange(size) + 0.5) / size
    return np.maximum(0, 1 - np.abs(position[:, None] - np.arange(GRID))).astype(np.float32)


def sample_points(
    grid: Complex[Array, "*n 5 5"] | Complex[np.ndarray, "*n 5 5"], *, size: int
) -> Complex[Array, "*n size size"]:
    """Which point of the chip each pixel shows: the grid between its points, bilinearly."""
    matrix = _interpolation(size)

    def smooth(part: Float[Array, "*n 5 5"]) -> Float[Array, "*n size size"]:
        # Written out, not as matrix products: a product's last bits change with the batch's size,
        # and so with the number of devices.
        down = (part[..., i, None, :] * matrix[:, i, None] for i in range(GRID))
        rows = functools.reduce(operator.add, down)
        across = (rows[..., i, None] * matrix[:, i] for i in range(GRID))
        return functools.reduce(operator.add, across)

    return lax.complex(smooth(jnp.real(grid)), smooth(jnp.imag(grid)))
