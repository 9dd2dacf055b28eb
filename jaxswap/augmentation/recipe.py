"""The augmentation of 2017 on the device: each chip becomes a distorted input and its target.

A chip is turned, zoomed, shifted and perhaps mirrored. A 5x5 grid over its centre is then disturbed
point by point: what the disturbed grid shows is the network's input, and the similarity nearest to
the disturbance shows the target, so that the network undoes the distortion but not the pose. All of
it is folded into the places where the chip is read, and each picture is read once.

The original put its targets half a pixel beside its inputs, since it let pixel 0 stand for the
grid's first line and not for a pixel's centre. Here both mean the same place, and with every
amplitude 0 both are the chip's `view`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int, UInt8

from jaxswap import config, rngs
from jaxswap.augmentation import affine, sampling, view, warp


class Augmented(NamedTuple):
    """Pictures in [0, 1], float32; regions are the face, the eyes and the mouth."""

    warped: Float[Array, "b i s s 3"]
    warped_regions: Float[Array, "b i s s 3"]
    """Regions under the same distortion: the input of a mask encoder."""
    target: Float[Array, "b i s s 3"]
    target_regions: Float[Array, "b i s s 3"]


class Places(NamedTuple):
    """Which point of the chip each pixel shows."""

    warped: Complex[Array, "*n s s"]
    target: Complex[Array, "*n s s"]


def places(
    offsets: Complex[Array, "5 5"],
    similarity: affine.Similarity,
    flip: Array,
    *,
    size: int,
    coverage: float,
) -> Places:
    """Where a chip is read, for one draw of everything random.

    Args:
        offsets: displacements of the grid's points, in chip sides.
        similarity: where the chip's points move.
        flip: true if the moved chip is mirrored.
        size: side of the pictures in pixels.
        coverage: share of the chip's side that they show.
    """
    rest = warp.regular_grid(coverage)
    fit = affine.fit_similarity((rest + offsets).ravel(), jnp.ravel(rest))
    shown = Places(
        warp.sample_points(rest + offsets, size=size),
        fit.invert().apply(warp.sample_points(rest, size=size)),
    )
    back = similarity.invert()

    def unmoved(points: Complex[Array, "s s"]) -> Complex[Array, "s s"]:
        mirrored = jnp.where(flip, -jnp.conj(points), points)
        return back.apply(mirrored)

    return Places(unmoved(shown.warped), unmoved(shown.target))


def random_places(key: jax.Array, *, size: int, augmentation: config.AugmentationConfig) -> Places:
    """`places` of one chip, drawn."""
    keys = jax.random.split(key, 3)
    return places(
        warp.random_offsets(keys[0], warp=augmentation.warp),
        affine.random_similarity(keys[1], augmentation=augmentation),
        affine.random_flip(keys[2], augmentation=augmentation),
        size=size,
        coverage=augmentation.coverage,
    )


def augment(
    key: jax.Array,
    images_u8: UInt8[Array, "b i h w 3"],
    regions_u8: UInt8[Array, "rb ri rh rw 3"],
    *,
    size: int,
    augmentation: config.AugmentationConfig,
    indices: Int[Array, " b"] | None = None,
) -> Augmented:
    """A batch of chips, augmented; each element by its own key, whatever device holds it.

    Args:
        key: of this step.
        images_u8: square chips.
        regions_u8: their masks in 0..255: the face, the eyes, the mouth.
        size: side of the pictures in pixels.
        augmentation: amplitudes; with every one 0 the pictures are the chips' views.
        indices: positions of the elements in the global batch; 0, 1, ... if not given, which is
            right under `jax.jit` for the whole of a sharded batch.

    Raises:
        ValueError: if images and regions differ in shape, or the chips are not square.
    """
    if images_u8.shape != regions_u8.shape or images_u8.shape[2] != images_u8.shape[3]:
        raise ValueError(
            f"`images_u8` {images_u8.shape} and `regions_u8` {regions_u8.shape} must be square "
            "and of one shape."
        )
    batch, identities, chip_size = images_u8.shape[:3]
    count = batch * identities
    indices = jnp.arange(batch) if indices is None else indices
    keys = jax.vmap(rngs.per_element, in_axes=(0, None))(
        rngs.per_element(key, indices), jnp.arange(identities)
    ).reshape(count)
    drawn = jax.vmap(lambda key: random_places(key, size=size, augmentation=augmentation))(keys)
    chips = jnp.concatenate([images_u8, regions_u8], axis=-1)
    chips = sampling.thin(
        chips.reshape(count, chip_size, chip_size, 6),
        factor=view.thinning(chip_size, size, augmentation.coverage),
    )
    pictures = []
    for points in drawn:
        read = sampling.bilinear(chips, points).reshape(batch, identities, size, size, 6)
        pictures += [read[..., :3], read[..., 3:]]
    return Augmented(*pictures)
