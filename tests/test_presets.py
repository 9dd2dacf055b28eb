"""A model of a peer is its numbers."""

import dataclasses

import pytest

from jaxswap import config, presets
from jaxswap.models import building

ORIGINAL = {
    "encoder": 17_214_720,
    "inter": 52_448_256,
    "encoder_and_inter": 69_662_976,
    "decoder": 6_199_747,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("original-2017", ORIGINAL | {"total": 82_062_470}),
        ("original-2017-mask", ORIGINAL | {"mask_head": 6_196_545, "total": 94_455_560}),
    ],
)
def test_the_original_has_the_parameters_of_2017(name, expected):
    model = presets.PRESETS[name].model
    assert building.count_parameters(model, num_identities=2) == expected


def test_quick_is_small_and_learns_masks():
    counts = building.count_parameters(presets.QUICK.model, num_identities=2)
    assert counts["total"] < 10_000_000
    assert "mask_head" in counts


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_preset_survives_its_run_folder(name):
    values = config.to_dict(presets.PRESETS[name])
    assert config.from_dict(config.Config, values) == presets.PRESETS[name]


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_preset_keeps_its_name_when_its_pace_or_precision_changes(name):
    preset = presets.named(name)
    model = dataclasses.replace(preset.model, dtype="bfloat16")
    assert presets.name_of(preset) == name
    assert presets.name_of(dataclasses.replace(preset, steps=7, model=model)) == name


def test_other_networks_have_no_presets_name():
    model = dataclasses.replace(presets.QUICK.model, inter=config.DenseInter(bottleneck=3))
    assert presets.name_of(dataclasses.replace(presets.QUICK, model=model)) is None


def test_an_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'quick'"):
        presets.named("quik")
