"""Who holds what: the rule that splits the state, and what devices cannot share."""

import dataclasses
import re

import jax
import pytest
from jax.sharding import PartitionSpec

from jaxswap import config, errors
from jaxswap.training import sharding, state


@dataclasses.dataclass(frozen=True)
class Device:
    """What a mesh asks of its devices."""

    process_index: int
    id: int
    platform: str = "cpu"
    device_kind: str = "cpu"


def mesh_of(devices, *, fsdp=1):
    return sharding.make_mesh(fsdp=fsdp, devices=jax.devices() * devices)


@pytest.mark.parametrize(
    ("shape", "spec"),
    [
        ((), PartitionSpec()),
        ((4095,), PartitionSpec()),
        ((64, 63), PartitionSpec()),
        ((64, 64), PartitionSpec(None, "fsdp")),
        ((128, 64), PartitionSpec("fsdp")),
        ((5, 5, 128, 256), PartitionSpec(None, None, None, "fsdp")),
        ((5, 5, 128, 255), PartitionSpec(None, None, "fsdp")),
        ((4, 33, 33, 3), PartitionSpec("fsdp")),
        ((33, 33, 5), PartitionSpec()),
    ],
)
def test_the_longest_axis_that_fits_is_split(shape, spec):
    assert sharding.split(shape, mesh_of(8, fsdp=4)).spec == spec
    assert sharding.split(shape, mesh_of(8)).spec == PartitionSpec()


def test_moments_and_average_are_split_as_their_parameters(tiny):
    held = sharding.split_all(
        state.shapes(tiny.CONFIG, identities=tiny.IDENTITIES), mesh_of(4, fsdp=2)
    )
    assert any("fsdp" in where.spec for where in jax.tree.leaves(held.params))
    assert held.ema == held.params
    assert held.opt_state[0].mu == held.opt_state[0].nu == held.params


@pytest.mark.parametrize(
    ("batch_size", "devices", "fits"),
    [(8, 3, "6 or 9"), (2, 8, "8"), (20, 8, "16 or 24")],
)
def test_a_batch_that_does_not_fit_names_the_nearest_that_do(batch_size, devices, fits):
    said = f"batch of {batch_size} .* {devices} devices.*--train.batch-size to {fits}\\."
    with pytest.raises(errors.RunError, match=said):
        sharding.check_batch_size(batch_size, mesh_of(devices))
    sharding.check_batch_size(24, mesh_of(devices))


@pytest.mark.parametrize(("fsdp", "fits"), [(3, "2 or 4"), (16, "8"), (5, "4 or 8")])
def test_groups_that_do_not_fit_name_the_nearest_that_do(fsdp, fits):
    said = f"8 devices cannot form groups of {fsdp}.*theirs: {fits}\\."
    with pytest.raises(errors.RunError, match=said):
        mesh_of(8, fsdp=fsdp)


def test_neighbours_of_one_host_share_the_state():
    devices = [Device(process_index=i % 2, id=i) for i in range(8)]
    mesh = sharding.make_mesh(fsdp=4, devices=devices)
    assert [[device.process_index for device in row] for row in mesh.devices] == [[0] * 4, [1] * 4]


def test_hosts_must_have_equally_many_devices(monkeypatch):
    devices = [Device(process_index=int(i > 0), id=i) for i in range(4)]
    monkeypatch.setattr(jax, "devices", lambda: devices)
    with pytest.raises(errors.RunError, match=re.escape("hosts have 1, 3 devices")):
        sharding.training_mesh(config.TrainConfig(batch_size=8))


def test_the_layout_is_no_part_of_what_a_run_is(tiny, tmp_path):
    tiny.train(tmp_path / "run", dataclasses.replace(tiny.CONFIG, steps=1))
    other = dataclasses.replace(tiny.CONFIG.train, fsdp=2)
    with pytest.raises(errors.RunError, match="1 devices cannot form groups of 2"):
        tiny.train(tmp_path / "run", dataclasses.replace(tiny.CONFIG, steps=2, train=other))
