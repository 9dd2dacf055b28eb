"""The augmentation of 2017 on the device: each chip becomes a distorted input and its target.

A chip is turned, zoomed, shifted and perhaps mirrored. A 5x5 grid over its centre is then disturbed
point by point: what the disturbed grid shows is the network's input, and the similarity nearest to
the disturbance shows the target, so that the network undoes the distortion but not the pose. All of
it is folded into the places where the chip is read, and each picture is read once.

The original put its targets half a pixel beside its inputs, since it let pixel 0 stand for the
grid's first line and not for a pixel's centre. Here both mean the same place, and with every
amplitude 0 both are the chip's `view`.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Complex, Float, UInt8, UInt32

from jaxswap import config
from jaxswap.augmentation import affine, occlusion, prefilter, sampling, warp

DRAWS = 55
"""Random numbers for one chip: 50 for the grid, then angle, zoom, x, y and flip."""


class Augmented(NamedTuple):
    """Pictures in [0, 1], float32; regions are the face, the eyes and the mouth."""

    warped: Float[Array, "b i s s 3"]
    warped_regions: Float[Array, "b i s s 3"]
    """Regions under the same distortion: the input of a mask encoder."""
    target: Float[Array, "b i s s 3"]
    target_regions: Float[Array, "b i s s 3"]
    warped_visible: Float[Array, "b i s s 1"]
    """Where the input shows the face: its region without what was painted before it."""


class Grids(NamedTuple):
    """Which points of the chip the 5x5 points of the pictures' grids show."""

    warped: Complex[Array, "*n 5 5"]
    target: Complex[Array, "*n 5 5"]


def grids(
    offsets: Complex[Array, "5 5"],
    similarity: affine.Similarity,
    flip: Bool[Array, ""],
    *,
    coverage: float,
) -> Grids:
    """Where a chip is read, for one draw of everything random.

    A similarity of points between a grid's points is the same as points between the moved grid's.

    Args:
        offsets: displacements of the grid's points, in chip sides.
        similarity: where the chip's points move.
        flip: true if the moved chip is mirrored.
        coverage: share of the chip's side that the pictures show.
    """
    rest = jnp.asarray(warp.regular_grid(coverage))
    fit = affine.fit_similarity((rest + offsets).ravel(), rest.ravel())
    back = similarity.invert()

    def unmoved(grid: Complex[Array, "5 5"]) -> Complex[Array, "5 5"]:
        return back.apply(jnp.where(flip, -jnp.conj(grid), grid))

    return Grids(unmoved(rest + offsets), unmoved(fit.invert().apply(rest)))


def random_grids(
    key: jax.Array, *, count: tuple[int, int], augmentation: config.AugmentationConfig
) -> Grids:
    """`grids` of `count[0]` elements with `count[1]` identities each, one after the other.

    All numbers are drawn at once, each from the key and its place in the array: an element's do not
    depend on how many there are, or on which device works them out.
    """
    # Open below: the normal distribution's end would be infinite.
    draws = jax.random.uniform(key, (*count, DRAWS), minval=np.nextafter(np.float32(-1), 0))

    def one(draws: Float[Array, " d"]) -> Grids:
        return grids(
            warp.offsets(draws[:50], warp=augmentation.warp),
            affine.similarity(draws[50:54], augmentation=augmentation),
            affine.is_flipped(draws[54], augmentation=augmentation),
            coverage=augmentation.coverage,
        )

    return jax.vmap(one)(draws.reshape(-1, DRAWS))


def augment(
    key: jax.Array,
    images_u8: UInt8[Array, "b i h w 3"],
    regions_u8: UInt8[Array, "rb ri rh rw 3"],
    *,
    size: int,
    augmentation: config.AugmentationConfig,
) -> Augmented:
    """A global batch of chips, augmented; under `jax.jit` each device works on its own.

    Args:
        key: of this step.
        images_u8: square chips.
        regions_u8: their masks in 0..255: the face, the eyes, the mouth.
        size: side of the pictures in pixels.
        augmentation: amplitudes; with every one 0 the pictures are the chips' views.

    Raises:
        ValueError: if images and regions differ in shape, or the chips are not square.
    """
    if images_u8.shape != regions_u8.shape or images_u8.shape[2] != images_u8.shape[3]:
        raise ValueError(
            f"`images_u8` {images_u8.shape} and `regions_u8` {regions_u8.shape} must be square "
            "and of one shape."
        )
    batch, identities, chip_size = images_u8.shape[:3]
    drawn = random_grids(key, count=(batch, identities), augmentation=augmentation)
    # In a loop, so that the points are stored: XLA would work them out again for every value.
    points = lax.map(functools.partial(warp.sample_points, size=size), jnp.stack(drawn))
    words = prefilter.apply(
        jnp.stack([sampling.pack(u8.reshape(-1, *u8.shape[2:])) for u8 in (images_u8, regions_u8)]),
        prefilter.design(chip_size, size, augmentation.coverage),
    )
    read = [
        sampling.bilinear(pictures, shown).reshape(batch, identities, size, size, 3)
        for shown in points
        for pictures in words
    ]
    pictures = Augmented(*read, warped_visible=read[1][..., :1])
    if not augmentation.occlusion:
        return pictures
    return _occlude(key, pictures, words[0], points[0], augmentation=augmentation)


def _occlude(
    key: jax.Array,
    pictures: Augmented,
    words: UInt32[Array, "n h w"],
    points: Complex[Array, "n s s"],
    *,
    augmentation: config.AugmentationConfig,
) -> Augmented:
    """The same with occluders over some inputs.

    Args:
        key: of this step.
        pictures: without occluders.
        words: the packed chips.
        points: which points of the chips the inputs show.
        augmentation: says how many.
    """
    batch, identities, size = pictures.warped.shape[:3]
    # From a key of their own: what else is drawn does not depend on whether there are any.
    draws = jax.random.uniform(jax.random.fold_in(key, 1), (batch, identities, occlusion.DRAWS))
    drawn = occlusion.occluder(draws.reshape(-1, occlusion.DRAWS), share=augmentation.occlusion)
    edge = augmentation.coverage / size
    skin = sampling.bilinear(words, drawn.skin_at[:, None, None])[:, 0, 0]
    covered, light = occlusion.cover(drawn, points, edge=edge)
    flat = pictures.warped.reshape(-1, size, size, 3)
    warped = occlusion.paint(flat, drawn, covered, light, skin=skin)
    seen = 1 - covered.reshape(pictures.warped_visible.shape)
    return pictures._replace(
        warped=warped.reshape(pictures.warped.shape),
        warped_visible=pictures.warped_visible * seen,
    )
