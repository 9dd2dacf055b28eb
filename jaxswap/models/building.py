"""From the configuration of a model to the model."""

from typing import assert_never

import jax

from jaxswap import config
from jaxswap.convolutions import platforms
from jaxswap.models import decoder, encoder, heads, inter, topologies


def build(model: config.Model) -> topologies.SharedInterNet:
    """The model that a configuration describes."""
    match model:
        case config.SharedInter():
            return _shared_inter(model)
        case _:
            assert_never(model)


def _shared_inter(model: config.SharedInter) -> topologies.SharedInterNet:
    how = {"dtype": model.dtype, "convolve": platforms.BY_PRECISION[model.precision]}
    mask, visible = model.mask, model.visible
    return topologies.SharedInterNet(
        image_size=model.image_size,
        encoder=encoder.ConvEncoder(model.encoder.features, **how),
        inter=inter.DenseInter(
            model.inter.bottleneck, model.inter.features, model.inter.upscale, **how
        ),
        decoder=decoder.Decoder(model.decoder.features, **how),
        mask_head=mask and decoder.Decoder(mask.features, channels=1, **how),
        has_mask_encoder=mask is not None and mask.own_encoder,
        visible_head=visible and heads.VisibleHead(visible.features, **how),
    )


def count_parameters(model: config.Model, *, num_identities: int) -> dict[str, int]:
    """Numbers of parameters by part, without computing any.

    `decoder` and `mask_head` count one identity's; `total` counts them for every identity.
    """
    names = [str(index) for index in range(num_identities)]
    net = build(model)
    shapes = jax.eval_shape(lambda key: net.init(key, identities=names), jax.random.key(0))
    own = topologies.of_identity(shapes, names[0])
    counts = {name: topologies.count(part) for name, part in shapes.items() if name not in own}
    counts |= {name.removesuffix("s"): topologies.count(part) for name, part in own.items()}
    counts["encoder_and_inter"] = counts["encoder"] + counts["inter"]
    counts["total"] = topologies.count(shapes)
    return counts
