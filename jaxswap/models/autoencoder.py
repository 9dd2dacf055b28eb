"""The whole model: one encoder and inter for all identities, a decoder and mask head for each.

Convention: `params` is one dictionary with the keys encoder, inter, decoder and, where the model
has them, mask_head, mask_encoder, mask_inter and visible_head. Every leaf of decoder and mask_head
is stacked: a leading axis holds the identities in the order of the run. Batches are
`[batch, identity, h, w, c]`, so that the shared parts see the merged first axes and no data moves.

The decoders run one after the other, each on its slice of the stack, not mapped over it: a mapped
convolution becomes a grouped one, which no platform runs faster and CPU runs much slower, while
separate ones may run at the same time.
"""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from jaxswap import config, rngs
from jaxswap.models import decoder, encoder, initialisation, inter, visibility

Params = dict[str, Any]

STACKED = ("decoder", "mask_head")


class Outputs(NamedTuple):
    """Pictures of each identity, float32 in [0, 1]."""

    face: Float[Array, "*b h w 3"]
    mask: Float[Array, "*b h w 1"] | None
    """None if the model has no mask head."""
    visible: Float[Array, "*b h w 1"] | None
    """Where the face of the input is seen; None if the model has no visible head."""


def _modules(model: config.ModelConfig) -> dict[str, Any]:
    """The module behind each key of the parameters."""
    how = {"dtype": model.dtype, "precision": model.precision}
    encoders = encoder.Encoder(model.encoder_features, **how)
    inters = inter.Inter(
        model.bottleneck_features, model.inter_features, model.inter_upscale_features, **how
    )
    modules: dict[str, Any] = {"encoder": encoders, "inter": inters}
    modules["decoder"] = decoder.Decoder(model.decoder_features, **how)
    if model.mask_head:
        modules["mask_head"] = decoder.MaskHead(model.mask_features, **how)
        if model.mask_encoder == "separate":
            modules["mask_encoder"], modules["mask_inter"] = encoders, inters
    if model.visible_features:
        modules["visible_head"] = visibility.VisibleHead(model.visible_features, **how)
    return modules


def init(key: jax.Array, model: config.ModelConfig, *, num_identities: int) -> Params:
    """Parameters of a new model, float32; each identity starts from weights of its own.

    Raises:
        ValueError: if there are fewer than two identities.
    """
    if num_identities < 2:
        raise ValueError(f"A swap takes two identities or more, not {num_identities}.")
    size = model.image_size
    latent = (1, 2 * model.latent_size, 2 * model.latent_size, model.inter_upscale_features)
    images = (1, size, size, 3)
    maps = [
        (1, size // 2**depth, size // 2**depth, features)
        for depth, features in enumerate(model.encoder_features, 1)
    ]
    inputs: dict[str, tuple[Any, ...]] = {
        "encoder": (images,),
        "inter": (maps[-1],),
        "decoder": (latent,),
        "mask_head": (latent,),
        "mask_encoder": ((1, size, size, 1),),
        "mask_inter": (maps[-1],),
        "visible_head": (images, maps),
    }

    params = {}
    for name, module in _modules(model).items():
        shaped = jax.tree.map(jnp.zeros, inputs[name], is_leaf=_is_shape)
        shapes = jax.eval_shape(module.init, key, *shaped)["params"]
        own = rngs.stream(key, name, 0)
        if name in STACKED:
            own = jax.random.split(own, num_identities)
            params[name] = jax.vmap(functools.partial(initialisation.draw, shapes=shapes))(own)
        else:
            params[name] = initialisation.draw(own, shapes)
    return params


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and isinstance(value[0], int)


def _latents(
    params: Params,
    model: config.ModelConfig,
    images: Float[Array, "n h w 3"],
    masks: Float[Array, "n h w 1"] | None,
) -> tuple[Array, Array, Array | None]:
    """What the decoder and the mask head see, and where the face is seen."""
    modules = _modules(model)

    def apply(name: str, *inputs: Any) -> Any:
        return modules[name].apply({"params": params[name]}, *inputs)

    maps = apply("encoder", images)
    latent = apply("inter", maps[-1])
    visible = apply("visible_head", images, maps) if "visible_head" in modules else None
    if "mask_encoder" not in modules:
        return latent, latent, visible
    if masks is None:
        raise ValueError(
            "This model has a mask encoder of its own (`mask_encoder` is separate): pass `masks`, "
            "the mask images of the faces."
        )
    return latent, apply("mask_inter", apply("mask_encoder", masks)[-1]), visible


def _decode(
    params: Params,
    model: config.ModelConfig,
    latent: Array,
    mask_latent: Array,
    visible: Array | None,
) -> Outputs:
    """Pictures by the decoder and mask head of one identity; their leaves are not stacked."""
    modules = _modules(model)
    face = modules["decoder"].apply({"params": params["decoder"]}, latent)
    mask = None
    if "mask_head" in modules:
        mask = modules["mask_head"].apply({"params": params["mask_head"]}, mask_latent)
    return Outputs(face, mask, visible)


def _unstacked(params: Params, num_identities: int) -> list[Params]:
    """Decoder and mask head of each identity. The gradient of a split is one concatenation."""
    stacked = {name: params[name] for name in STACKED if name in params}
    leaves, structure = jax.tree.flatten(stacked)
    parts = [lax.split(leaf, [1] * num_identities, axis=0) for leaf in leaves]
    return [
        jax.tree.unflatten(structure, [part[i].squeeze(0) for part in parts])
        for i in range(num_identities)
    ]


def reconstruct(
    params: Params,
    model: config.ModelConfig,
    images: Float[Array, "b i h w 3"],
    *,
    masks: Float[Array, "b i h w 1"] | None = None,
) -> Outputs:
    """Each identity's images by its own decoder.

    Args:
        params: as `init` makes them.
        model: the model they belong to.
        images: [0, 1], one image of each identity in every element of the batch.
        masks: the images' masks in [0, 1]; only a model with a mask encoder reads them.

    Raises:
        ValueError: if the identities of `images` and `params` differ in number, or `masks` are
            missing.
    """
    batch, num_identities = images.shape[:2]
    stacked = jax.tree.leaves(params["decoder"])[0].shape[0]
    if stacked != num_identities:
        raise ValueError(
            f"`images` {images.shape} hold {num_identities} identities (axis 1), but `params` "
            f"decode {stacked}."
        )

    def merged(x: Array | None) -> Array | None:
        return None if x is None else x.reshape(batch * num_identities, *x.shape[2:])

    def separated(x: Array | None) -> list[Array | None]:
        if x is None:
            return [None] * num_identities
        x = x.reshape(batch, num_identities, *x.shape[1:])
        return [part.squeeze(1) for part in lax.split(x, [1] * num_identities, axis=1)]

    latents = _latents(params, model, merged(images), merged(masks))
    parts = zip(
        _unstacked(params, num_identities), *[separated(latent) for latent in latents], strict=True
    )
    outputs = [_decode(own, model, *seen) for own, *seen in parts]
    return jax.tree.map(lambda *maps: jnp.stack(maps, axis=1), *outputs)


def swap(
    params: Params,
    model: config.ModelConfig,
    images: Float[Array, "n h w 3"],
    *,
    identity: int | jax.Array,
    masks: Float[Array, "n h w 1"] | None = None,
) -> Outputs:
    """Any images by the decoder of one identity.

    Args:
        params: as `init` makes them.
        model: the model they belong to.
        images: [0, 1], of whichever identity.
        identity: index of the decoder, below the number of identities; may be traced, so that one
            program serves all of them.
        masks: as in `reconstruct`.
    """
    own = {
        name: jax.tree.map(
            lambda leaf: lax.dynamic_index_in_dim(leaf, identity, keepdims=False), params[name]
        )
        for name in STACKED
        if name in params
    }
    return _decode(own, model, *_latents(params, model, images, masks))


def count_parameters(model: config.ModelConfig, *, num_identities: int) -> dict[str, int]:
    """Numbers of parameters by part, without computing any.

    `decoder` and `mask_head` count one identity's; `total` counts them for every identity.
    """
    shapes = jax.eval_shape(
        lambda key: init(key, model, num_identities=num_identities), jax.random.key(0)
    )
    whole = {
        name: sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(part))
        for name, part in shapes.items()
    }
    counts = {
        name: count // num_identities if name in STACKED else count for name, count in whole.items()
    }
    counts["encoder_and_inter"] = counts["encoder"] + counts["inter"]
    counts["total"] = sum(whole.values())
    return counts
