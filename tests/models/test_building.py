"""From a configuration to the model that it describes."""

import dataclasses

import jax
import pytest

from jaxswap import config
from jaxswap.convolutions import platforms
from jaxswap.models import building, topologies

MODEL = config.SharedInter(
    image_size=8,
    encoder=config.ConvEncoder(features=(4, 8)),
    inter=config.DenseInter(bottleneck=6, features=4, upscale=4),
    decoder=config.Decoder(features=(4,)),
    mask=config.MaskHead(features=(2,), own_encoder=True),
    visible=config.VisibleHead(features=(3,)),
    dtype="bfloat16",
)


@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_every_part_has_the_numbers_of_its_configuration(precision):
    net = building.build(dataclasses.replace(MODEL, precision=precision))
    parts = [net.encoder, net.inter, net.decoder, net.mask_head, net.visible_head]
    assert {part.dtype for part in parts} == {"bfloat16"}
    assert {part.convolve for part in parts} == {platforms.BY_PRECISION[precision]}
    assert (net.encoder.features, net.decoder.features) == ((4, 8), (4,))
    assert (net.inter.bottleneck, net.inter.features, net.inter.upscale) == (6, 4, 4)
    assert (net.mask_head.features, net.mask_head.channels) == ((2,), 1)
    assert (net.visible_head.features, net.decoder.channels) == ((3,), 3)
    assert net.has_mask_encoder


def test_parts_that_are_not_asked_for_are_not_there():
    net = building.build(dataclasses.replace(MODEL, mask=None, visible=None))
    assert (net.mask_head, net.visible_head, net.has_mask_encoder) == (None, None, False)


def test_fast_is_the_default():
    assert building.build(config.SharedInter()).decoder.convolve is platforms.fast


def test_counts_are_those_of_the_arrays():
    names = ("anna", "ben", "cleo")
    net = building.build(MODEL)
    params = jax.jit(lambda key: net.init(key, identities=names))(jax.random.key(0))
    counts = building.count_parameters(MODEL, num_identities=3)
    sizes = {name: topologies.count(part) for name, part in params.items()}
    assert counts["total"] == sum(sizes.values())
    assert counts["decoder"] * 3 == sizes["decoders"]
    assert counts["mask_head"] * 3 == sizes["mask_heads"]
    assert counts["mask_encoder"] == sizes["mask_encoder"]
    assert counts["encoder_and_inter"] == sizes["encoder"] + sizes["inter"]
