"""The losses of all outputs, weighted: one scalar and its named parts."""

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxswap import config
from jaxswap.losses import pixel, structural

SMALLEST_MASK = 0.05  # mean below which a mask no longer raises the weight of what it shows


@runtime_checkable
class Outputs(Protocol):
    """Pictures of a model, as `jaxswap.models.topologies.Outputs` has them."""

    @property
    def face(self) -> Array: ...

    @property
    def mask(self) -> Array | None: ...

    @property
    def visible(self) -> Array | None: ...


def _per_identity(values: Float[Array, "b i *rest"]) -> Float[Array, " i"]:
    return jnp.mean(values, axis=(0, *range(2, values.ndim)))


def training_loss(
    outputs: Outputs,
    target_images: Float[Array, "tb ti th tw 3"],
    target_regions: Float[Array, "rb ri rh rw 3"],
    target_visible: Float[Array, "vb vi vh vw 1"],
    loss: config.LossConfig,
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """Weighted sum of the parts that `loss` asks for, averaged over identities.

    With `loss.masked` every part of the face is weighted by the face mask over its mean, picture by
    picture, so that a small face counts as much as a large one.

    Args:
        outputs: what the decoders gave, `face` [b, i, h, w, 3], the mask heads, `mask`
            [b, i, h, w, 1] or None, and the visible head, `visible` of the same shape or None; all
            in [0, 1].
        target_images: what the faces should be, in [0, 1].
        target_regions: masks in [0, 1]: whole face, eyes, mouth.
        target_visible: where the inputs show the face, in [0, 1].
        loss: the weights.

    Returns:
        The loss, and its weighted parts (l1, eyes, mouth, dssim, mask, visible: those with a
        weight) beside `loss/<position>` for each identity. All are means over what they cover.

    Raises:
        ValueError: if the pictures differ in shape.
    """
    face, mask, visible = outputs.face, outputs.mask, outputs.visible
    targets = (target_images, target_regions, target_visible)
    if any(target.shape[:4] != face.shape[:4] for target in targets):
        raise ValueError(
            f"`face` {face.shape}, `target_images` {target_images.shape}, `target_regions` "
            f"{target_regions.shape} and `target_visible` {target_visible.shape} must agree in all "
            "but the channels."
        )
    face_mask, eyes, mouth = jnp.split(target_regions, 3, axis=-1)
    weight, scale = jnp.ones_like(face_mask), jnp.ones(())
    if loss.masked:
        mean = jnp.mean(face_mask, axis=(-3, -2, -1), keepdims=True)
        scale = 1 / jnp.maximum(mean, SMALLEST_MASK)
        weight = face_mask * scale
    difference = pixel.l1(face, target_images)
    parts = {"l1": (loss.l1, lambda: weight * difference)}
    parts["eyes"] = (loss.eyes, lambda: eyes * scale * difference)
    parts["mouth"] = (loss.mouth, lambda: mouth * scale * difference)
    parts["dssim"] = (loss.dssim, lambda: weight * structural.dssim(face, target_images))
    if mask is not None:
        parts["mask"] = (loss.mask, lambda: pixel.l1(mask, face_mask))
    if visible is not None:
        parts["visible"] = (loss.visible, lambda: pixel.cross_entropy(visible, target_visible))
    each = {
        name: factor * _per_identity(values()) for name, (factor, values) in parts.items() if factor
    }
    by_identity = jax.tree.reduce(jnp.add, list(each.values()), jnp.zeros(face.shape[1]))
    named = {name: jnp.mean(values) for name, values in each.items()}
    named |= {f"loss/{index}": value for index, value in enumerate(by_identity)}
    return jnp.mean(by_identity), named
