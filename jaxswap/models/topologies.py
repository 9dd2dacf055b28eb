"""How the parts of a model are joined, and where their parameters stand.

Convention: parameters are one dictionary. What all identities share stands at its top (`encoder`,
`inter`, and where the model has them `visible_head`, `mask_encoder`, `mask_inter`). What belongs to
one identity stands under its name: `params["decoders"]["anna"]`, `params["mask_heads"]["anna"]`. A
name is a key of a dictionary and never that of a linen module, so any text will do. Batches are
`[batch, identity, h, w, c]`, so that the shared parts see the merged first axes and no data moves.

The decoders run one after the other, not mapped over stacked parameters: a mapped convolution
becomes a grouped one, which no platform runs faster and CPU runs much slower, while separate ones
may run at the same time.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from jaxswap.models import initialisers

Params = dict[str, Any]

OWN = ("decoders", "mask_heads")
"""Keys of the parameters that hold a part for each identity, by name."""

SHOWN = "shown"
"""The name under which `of_one` puts the parts of an identity."""


class Outputs(NamedTuple):
    """Pictures of each identity, float32 in [0, 1]."""

    face: Float[Array, "*b h w 3"]
    mask: Float[Array, "*b h w 1"] | None
    """None if the model has no mask head."""
    visible: Float[Array, "*b h w 1"] | None
    """Where the face of the input is seen; None if the model has no visible head."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharedInterNet:
    """One encoder and inter for all identities, and a decoder and mask head for each.

    Attributes:
        image_size: side of the images in pixels.
        encoder: images to maps, from the finest.
        inter: the coarsest map to the latent.
        decoder: the latent to a face, for each identity with parameters of its own.
        mask_head: the latent to a mask, likewise; None for a model without masks.
        has_mask_encoder: whether the mask head sees the latent of the mask image, by an encoder and
            inter of its own.
        visible_head: images and maps to where the face is seen; None for a model without.
    """

    image_size: int
    encoder: nn.Module
    inter: nn.Module
    decoder: nn.Module
    mask_head: nn.Module | None = None
    has_mask_encoder: bool = False
    visible_head: nn.Module | None = None

    def init(self, key: jax.Array, *, identities: Sequence[str]) -> Params:
        """Parameters of a new model, float32.

        The values of a part depend on the key, the part and, for the parts of an identity, on its
        name alone: another identity more changes none of them. Call it within `jax.jit`.

        Args:
            key: of all parameters.
            identities: names, two or more, in any order.

        Raises:
            ValueError: if there are fewer than two, or a name comes twice.
        """
        if len(set(identities)) < max(2, len(identities)):
            raise ValueError(
                f"A swap takes two identities or more with different names, not {list(identities)}."
            )
        inputs = self._inputs()

        def of(part: nn.Module, name: str) -> Params:
            return cast(Params, part.init(key, *inputs[name])["params"])

        params = {name: of(part, name) for name, part in self._shared().items()}
        params |= {
            name: dict.fromkeys(identities, of(part, name)) for name, part in self._own().items()
        }
        return initialisers.drawn(key, params)

    def __call__(
        self,
        params: Params,
        images: Float[Array, "b i h w 3"],
        *,
        shown: Sequence[str],
        masks: Float[Array, "b i h w 1"] | None = None,
    ) -> Outputs:
        """Images along the second axis, each by the decoder of the identity that is shown there.

        A reconstruction shows all identities, each on its own images. A swap has one image on that
        axis, whoever is seen in it, and shows one identity; `params` then need no other's parts.

        Args:
            params: as `init` makes them, or without the parts of those who are not shown.
            images: in [0, 1].
            shown: names, one for each image of an element.
            masks: the images' masks in [0, 1]; only a model with a mask encoder reads them.

        Raises:
            ValueError: if `shown` and `images` differ in number, `params` lack an identity, or
                `masks` are missing.
        """
        batch, number = images.shape[:2]
        if len(shown) != number:
            raise ValueError(
                f"`images` {images.shape} hold {number} identities (axis 1), but {len(shown)} are "
                f"shown: {', '.join(shown)}."
            )
        own = [of_identity(params, name) for name in shown]

        def apply(part: nn.Module, values: Any, *inputs: Any) -> Any:
            return part.apply({"params": values}, *inputs)

        def each(part: nn.Module, name: str, latent: Array) -> Array:
            """Pictures of all identities, by the part that each has of its own."""
            latent = latent.reshape(batch, number, *latent.shape[1:])
            latents = lax.split(latent, [1] * number, axis=1)
            pairs = zip(own, latents, strict=True)
            return jnp.stack([apply(part, of[name], x.squeeze(1)) for of, x in pairs], axis=1)

        pictures = images.reshape(batch * number, *images.shape[2:])
        maps = apply(self.encoder, params["encoder"], pictures)
        latent = apply(self.inter, params["inter"], maps[-1])
        face, mask, visible = each(self.decoder, "decoders", latent), None, None
        if self.mask_head is not None:
            if self.has_mask_encoder:
                latent = self._mask_latent(params, masks)
            mask = each(self.mask_head, "mask_heads", latent)
        if self.visible_head is not None:
            visible = apply(self.visible_head, params["visible_head"], pictures, maps)
            visible = visible.reshape(batch, number, *visible.shape[1:])
        return Outputs(face, mask, visible)

    def _mask_latent(self, params: Params, masks: Array | None) -> Array:
        if masks is None:
            raise ValueError(
                "The mask head of this model has an encoder of its own (`mask.own_encoder`): pass "
                "`masks`, the mask images of the faces."
            )
        pictures = masks.reshape(-1, *masks.shape[2:])
        maps = self.encoder.apply({"params": params["mask_encoder"]}, pictures)
        return cast(Array, self.inter.apply({"params": params["mask_inter"]}, maps[-1]))

    def _shared(self) -> dict[str, nn.Module]:
        """The module behind each key of the parameters that all identities share."""
        parts = {"encoder": self.encoder, "inter": self.inter}
        if self.mask_head is not None and self.has_mask_encoder:
            parts |= {"mask_encoder": self.encoder, "mask_inter": self.inter}
        return parts if self.visible_head is None else parts | {"visible_head": self.visible_head}

    def _own(self) -> dict[str, nn.Module]:
        """The module behind each key of `OWN`."""
        parts = {"decoders": self.decoder}
        return parts if self.mask_head is None else parts | {"mask_heads": self.mask_head}

    def _inputs(self) -> dict[str, tuple[Any, ...]]:
        """Zeros in the shapes of what each part sees."""

        def result(part: nn.Module, *inputs: Any) -> Any:
            return jax.eval_shape(part.init_with_output, jax.random.key(0), *inputs)[0]

        side = self.image_size
        images = jax.ShapeDtypeStruct((1, side, side, 3), jnp.float32)
        masks = jax.ShapeDtypeStruct((1, side, side, 1), jnp.float32)
        maps = result(self.encoder, images)
        latent = result(self.inter, maps[-1])
        seen = {
            "encoder": (images,),
            "inter": (maps[-1],),
            "decoders": (latent,),
            "mask_heads": (latent,),
            "mask_encoder": (masks,),
            "mask_inter": (maps[-1],),
            "visible_head": (images, maps),
        }
        return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), seen)


def of_identity(params: Params, identity: str) -> dict[str, Any]:
    """The parts that belong to one identity, by the keys of `OWN`.

    Raises:
        ValueError: if there are none of it.
    """
    if identity not in params["decoders"]:
        raise ValueError(
            f"`params` have no decoder of {identity!r}, but of {', '.join(params['decoders'])}."
        )
    return {name: params[name][identity] for name in OWN if name in params}


def of_some(params: Params, identities: Iterable[str]) -> Params:
    """The same parameters without the parts of all other identities.

    Raises:
        ValueError: if `params` have no parts of one of them.
    """
    found = {name: part for name, part in params.items() if name not in OWN}
    for identity in identities:
        for name, part in of_identity(params, identity).items():
            found.setdefault(name, {})[identity] = part
    return found


def of_one(params: Params, identity: str) -> Params:
    """What is needed to show one identity, for `swap`.

    Its parts stand under a name that is the same for all, so that one program serves them all.

    Raises:
        ValueError: if `params` have no parts of it.
    """
    own = {name: {SHOWN: part} for name, part in of_identity(params, identity).items()}
    return of_some(params, ()) | own


def swap(
    net: SharedInterNet,
    params: Params,
    images: Float[Array, "n h w 3"],
    *,
    masks: Float[Array, "n h w 1"] | None = None,
) -> Outputs:
    """Any images by the decoder of one identity.

    Args:
        net: the model.
        params: of the identity, as `of_one` gives them.
        images: in [0, 1], of whomever.
        masks: their masks in [0, 1]; only a model with a mask encoder reads them.
    """
    masks = None if masks is None else masks[:, None]
    outputs = net(params, images[:, None], shown=(SHOWN,), masks=masks)
    return jax.tree.map(lambda picture: picture[:, 0], outputs)


def count(params: Mapping[str, Any]) -> int:
    """Number of values in some arrays, or shapes of arrays."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
