"""Rotation, zoom, shift and mirror image of a chip.

Convention: points are complex numbers `x + iy` in units of the chip's side, (0, 0) its centre, y
down. A similarity is then `p -> factor * p + shift` with two complex numbers, and a positive angle
turns counterclockwise as it is seen, as in OpenCV.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float

from jaxswap import config


class Similarity(NamedTuple):
    """`p -> factor * p + shift`: the factor turns and scales."""

    factor: Complex[Array, ""]
    shift: Complex[Array, ""]

    def apply(self, points: Complex[Array, "*n"]) -> Complex[Array, "*n"]:
        """Where points go."""
        return self.factor * points + self.shift

    def invert(self) -> "Similarity":
        """The way back."""
        return Similarity(1 / self.factor, -self.shift / self.factor)


def similarity(draws: Float[Array, "4"], *, augmentation: config.AugmentationConfig) -> Similarity:
    """Where the chip's points move: rotation and zoom around the centre, then the shift.

    Args:
        draws: angle, zoom, x and y as shares of their amplitudes, in [-1, 1].
        augmentation: the amplitudes.
    """
    angle, zoom, x, y = draws
    radians = jnp.deg2rad(augmentation.rotation_deg * angle)
    scale = 1 + augmentation.zoom * zoom
    factor = scale * jax.lax.complex(jnp.cos(radians), -jnp.sin(radians))
    return Similarity(factor, augmentation.shift * jax.lax.complex(x, y))


def is_flipped(
    draw: Float[Array, ""], *, augmentation: config.AugmentationConfig
) -> Bool[Array, ""]:
    """Whether the picture is mirrored, left for right, by a draw in [-1, 1)."""
    return (1 + draw) / 2 < augmentation.flip


def fit_similarity(source: Complex[Array, " n"], target: Complex[Array, " n"]) -> Similarity:
    """Least-squares similarity, without reflection, that takes `source` to `target`.

    In complex numbers the fit of rotation and scale is one division: with both sets centred,
    `sum(conj(s) t) / sum(|s|^2)`.

    Reference: Umeyama 1991, https://doi.org/10.1109/34.88573, of which this is the planar case.
    """
    source_mean, target_mean = jnp.mean(source), jnp.mean(target)
    source, target = source - source_mean, target - target_mean
    factor = jnp.sum(jnp.conj(source) * target) / jnp.sum(jnp.abs(source) ** 2)
    return Similarity(factor, target_mean - factor * source_mean)
