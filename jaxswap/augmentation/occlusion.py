"""Things that come before a face: fingers, and bars of other things, as shapes of a few numbers.

The visible head learns from them what is not face, since they are painted over the network's input.
What the decoders should give stays the whole face.

An occluder is a row of up to four fingers: rays from their tips outwards, with round ends, darker
towards their sides. Wide ones stand for arms, cups and microphones. It is described in the chip's
coordinates and worked out at the points that a picture shows, so that it follows every distortion.

Convention: complex points in units of the chip's side around its centre, as in `affine`.

Painting simple shapes over training pictures is the idea of Zhong et al. 2020,
https://doi.org/10.1609/aaai.v34i07.7000
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Complex, Float

FINGERS = 4
DRAWS = 14 + FINGERS
"""Random numbers for one occluder, all uniform in [0, 1)."""

TIP_REACH = 0.3  # the first tip lies so near to the chip's centre along x and y: over the face
RADIUS = (0.02, 0.12)  # of a finger: from a child's to an arm
SKIN_REACH = 0.12  # a place so near to the chip's centre shows skin
SKIN_SHARE = 0.6  # of occluders that have the face's own colour, which is the hard case
SIDE_SHADE = (0.1, 0.6)  # how much darker a finger's side is than its middle
LIGHT = (0.6, 1.4)  # how bright it is beside the skin that it takes its colour from


class Occluder(NamedTuple):
    """One occluder for each picture, or none where `present` is false."""

    present: Bool[Array, "*n"]
    tips: Complex[Array, "*n f"]
    """Ends of the fingers; those that are not there lie far away."""
    direction: Complex[Array, "*n"]
    """Of length 1, from the tips outwards."""
    radius: Float[Array, "*n"]
    color: Float[Array, "*n 3"]
    skin_at: Complex[Array, "*n"]
    """The point of the chip whose colour it takes."""
    is_skin: Bool[Array, "*n"]
    light: Float[Array, "*n"]
    side_shade: Float[Array, "*n"]


def occluder(draws: Float[Array, "*n d"], *, share: float) -> Occluder:
    """Occluders of random numbers in [0, 1).

    Args:
        draws: `DRAWS` for each.
        share: of the pictures that have one.
    """
    present, turn, size, number, skin, light, shade, *rest = jnp.moveaxis(draws[..., :14], -1, 0)
    tip_x, tip_y, skin_x, skin_y, *color = rest
    direction = lax.complex(jnp.cos(2 * np.pi * turn), jnp.sin(2 * np.pi * turn))
    radius = RADIUS[0] * (RADIUS[1] / RADIUS[0]) ** size
    order = np.arange(FINGERS, dtype=np.float32)
    across = 2 * radius[..., None] * order  # side by side
    along = 3 * radius[..., None] * draws[..., 14:]
    tip = TIP_REACH * lax.complex(2 * tip_x - 1, 2 * tip_y - 1)
    tips = tip[..., None] + direction[..., None] * lax.complex(along, across)
    there = order <= jnp.floor(FINGERS * number)[..., None]
    return Occluder(
        present=present < share,
        tips=jnp.where(there, tips, 1e3 * direction[..., None]),
        direction=direction,
        radius=radius,
        color=jnp.stack(color, axis=-1),
        skin_at=SKIN_REACH * lax.complex(2 * skin_x - 1, 2 * skin_y - 1),
        is_skin=skin < SKIN_SHARE,
        light=_between(LIGHT, light),
        side_shade=_between(SIDE_SHADE, shade),
    )


def cover(
    one: Occluder, points: Complex[Array, "*n p q"], *, edge: float
) -> tuple[Float[Array, "*n p q"], Float[Array, "*n p q"]]:
    """How far an occluder covers points, and how light it is there, both in [0, 1].

    Args:
        one: an occluder for each picture.
        points: which point of the chip each pixel shows.
        edge: width over which the cover falls from 1 to 0: about a pixel, in sides of the chip.
    """
    nearest = jnp.full(points.shape, jnp.inf, jnp.float32)
    for finger in range(FINGERS):
        away = points - one.tips[..., finger, None, None]
        along = away * jnp.conj(one.direction)[..., None, None]
        # Behind the tip the distance is that from the ray, before it that from the tip.
        distance = jnp.hypot(jnp.minimum(along.real, 0), along.imag)
        nearest = jnp.minimum(nearest, distance)
    radius = one.radius[..., None, None]
    covered = jnp.clip((radius - nearest) / edge + 0.5, 0, 1)
    side = jnp.minimum(nearest / radius, 1) ** 2
    light = jnp.minimum(1, 1 - one.side_shade[..., None, None] * side)
    return covered * one.present[..., None, None], light


def paint(
    images: Float[Array, "*n p q 3"],
    one: Occluder,
    covered: Float[Array, "*n p q"],
    light: Float[Array, "*n p q"],
    *,
    skin: Float[Array, "*n 3"],
) -> Float[Array, "*n p q 3"]:
    """Pictures with occluders over them, in [0, 1].

    Args:
        images: in [0, 1].
        one: an occluder for each.
        covered: as `cover` gives it.
        light: as `cover` gives it.
        skin: colour of the chip at `skin_at`, in [0, 1].
    """
    own = jnp.where(one.is_skin[..., None], one.light[..., None] * skin, one.color)
    color = jnp.clip(own[..., None, None, :] * light[..., None], 0, 1)
    return images + covered[..., None] * (color - images)


def _between(ends: tuple[float, float], draw: Float[Array, "*n"]) -> Float[Array, "*n"]:
    return ends[0] + (ends[1] - ends[0]) * draw
