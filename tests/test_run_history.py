"""What differs between two configurations, which of that may change, and what is written of it."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import pytest

from jaxswap import config, presets, run_history, storing
from jaxswap.config import pacing


@dataclasses.dataclass(frozen=True, kw_only=True)
class Small:
    kind: ClassVar[str] = "small"
    units: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Large:
    kind: ClassVar[str] = "large"
    units: int = 1
    extra: tuple[int, ...] = (1, 2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whole:
    speed: int = pacing.pace(3)
    net: Small | Large = Small()
    others: Mapping[str, Small | Large] = dataclasses.field(default_factory=dict)


def found(before, after):
    return {
        each.name: (each.before, each.after, each.may_change)
        for each in run_history.differences(before, after)
    }


def test_equal_configurations_do_not_differ():
    assert found(presets.QUICK, presets.QUICK) == {}


def test_differences_are_named_as_options_are():
    changed = dataclasses.replace(
        presets.QUICK,
        steps=9_000,
        optimizer=dataclasses.replace(presets.QUICK.optimizer, ema=0.5),
        train=dataclasses.replace(presets.QUICK.train, save_every=7),
    )
    assert found(presets.QUICK, changed) == {
        "steps": (3_000, 9_000, True),
        "optimizer.ema": (0.995, 0.5, False),
        "train.save_every": (500, 7, True),
    }


def test_another_member_of_a_union_is_another_kind_with_its_own_fields():
    assert found(Whole(), Whole(net=Large())) == {
        "net.kind": ("small", "large", False),
        "net.extra": (None, [1, 2], False),
    }
    assert found(Whole(others={"anna": Small()}), Whole(speed=5)) == {
        "speed": (3, 5, True),
        "others.anna.kind": ("small", None, False),
        "others.anna.units": (1, None, False),
    }


def test_what_may_change_is_what_changes_no_bit():
    def paces(value, where=""):
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if dataclasses.is_dataclass(inner):
                yield from paces(inner, f"{where}{field.name}.")
            elif pacing.is_pace(field):
                yield where + field.name

    assert set(paces(config.Config())) == {
        *("steps", "data.num_threads", "data.num_workers", "data.prefetch", "data.cache_mb"),
        *("train.save_every", "train.keep", "train.log_every", "train.preview_every", "train.fsdp"),
    }


def test_changes_are_of_options_versions_and_hardware():
    before = {"versions": {"jax": "0.10", "python": "3.12"}, "platform": {"devices": 1}}
    after = {"versions": {"jax": "0.11", "python": "3.12"}, "platform": {"devices": 8}}
    after |= {"commit": "ab12", "created": "later", "preset": "other"}
    differences = run_history.differences(Whole(), Whole(speed=4))
    assert run_history.changes(differences, before=before, after=after) == {
        "speed": {"from": 3, "to": 4},
        "versions.jax": {"from": "0.10", "to": "0.11"},
        "platform.devices": {"from": 1, "to": 8},
        "commit": {"from": None, "to": "ab12"},
    }
    assert run_history.changes([], before=before, after=before) == {}


ENTRY = {"when": "2026-01-02T03:04:05+00:00", "step": 3, "version": "0.2"}


def test_an_entry_comes_back_as_it_was_written():
    values = {**ENTRY, "changes": {"steps": {"from": 3, "to": 6}}}
    assert storing.to_dict(storing.from_dict(run_history.Entry, values)) == values


@pytest.mark.parametrize("change", [{}, {"from": 1}, {"from": 1, "to": 2, "by": 3}])
def test_a_change_has_two_sides(change):
    with pytest.raises(ValueError, match="change of `steps` must have a `from` and a `to`"):
        storing.from_dict(run_history.Entry, {**ENTRY, "changes": {"steps": change}})
