import dataclasses
import math

import pytest

from jaxswap import config, presets


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_presets_store_chips_at_the_size_that_training_needs(preset):
    configuration = presets.PRESETS[preset]
    assert configuration.data.chip_size == configuration.needed_chip_size()


def test_the_needed_size_covers_the_view_at_every_zoom():
    for coverage, zoom in ((0.625, 0.05), (0.8, 0.0), (1.0, 0.3)):
        configuration = config.Config(
            augmentation=config.AugmentationConfig(coverage=coverage, zoom=zoom)
        )
        needed = configuration.needed_chip_size()
        assert needed % 8 == 0
        assert 64 * (1 + zoom) <= needed * coverage < 64 * (1 + zoom) + 8


def test_chips_that_would_be_enlarged_are_refused_with_the_size_to_use():
    with pytest.raises(ValueError, match=r"show the network 50 px.*to 64: .*--data.chip-size 112"):
        dataclasses.replace(presets.QUICK, data=config.DataConfig(chip_size=80))


@pytest.mark.parametrize(
    ("part", "field"),
    [
        *((config.LossConfig, name) for name in ("l1", "dssim", "eyes", "mouth", "mask")),
        *((config.AugmentationConfig, name) for name in ("rotation_deg", "shift", "warp", "zoom")),
        *((config.DataConfig, name) for name in ("segment_s", "validation_share")),
        (config.FacesConfig, "max_gap_s"),
    ],
)
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_numbers_that_are_not_finite_or_negative_are_refused_where_they_are_made(
    part, field, value
):
    with pytest.raises(ValueError, match=rf"`{field}` must be .*not {value}"):
        part(**{field: value})


@pytest.mark.parametrize("make", [config.ExtractConfig, config.ConvertConfig])
def test_a_track_is_main_all_or_a_number(make):
    assert make().track == "main"
    for track in ("main", "all", 0, 7):
        assert make(track=track).track == track
    with pytest.raises(ValueError, match=r"`track` must be main, all or a number .*, not -1"):
        make(track=-1)


PARTS = (
    config.ConvEncoder,
    config.DenseInter,
    config.Decoder,
    config.MaskHead,
    config.VisibleHead,
    config.SharedInter,
    config.Adam,
)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_carries_its_kind_in_a_stored_run(part):
    assert config.to_dict(part())["kind"] == part.kind
    with pytest.raises(ValueError, match="kind"):
        config.from_dict(part, config.to_dict(part()) | {"kind": "another"})


def test_no_two_parts_are_of_one_kind():
    assert len({part.kind for part in PARTS}) == len(PARTS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image_size": 60}, "`image_size` 60 must be a multiple of 16"),
        ({"decoder": config.Decoder(features=(8, 8))}, "`decoder.features` of 2 upscales makes 32"),
        ({"mask": config.MaskHead(features=(8,))}, "`mask.features` of 1 upscales makes 16 px"),
        ({"visible": config.VisibleHead(features=(8,))}, "`visible.features` must be 3 numbers"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        config.SharedInter(**change)


@pytest.mark.parametrize(
    "make",
    [
        lambda: config.ConvEncoder(features=()),
        lambda: config.ConvEncoder(features=(8, 0)),
        lambda: config.DenseInter(bottleneck=0),
        lambda: config.Decoder(features=(-1,)),
    ],
)
def test_a_part_of_no_size_is_refused(make):
    with pytest.raises(ValueError, match=r"must be (1|one) "):
        make()
