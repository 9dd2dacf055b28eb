"""Names of devices, and what JAX must know before it starts."""

import importlib.util
from types import SimpleNamespace

import pytest

from jaxswap import errors
from jaxswap.planning import chips, topology


@pytest.mark.parametrize(
    ("text", "size"), [("cpu:8", 8), ("v5e:4x4", 16), ("v5p:2x2x4", 16), ("v6e:16x16", 256)]
)
def test_a_name_says_how_many_there_are(text, size):
    found = topology.parse(text)
    assert (found.size, str(found)) == (size, text)
    assert (found.chip is None) == (found.kind == "cpu")


@pytest.mark.parametrize("text", ["", "v5e", "v5e:", "gpu:8", "cpu:2x2", "cpu:0", "cpu:9999", "8"])
def test_other_names_are_refused(text):
    with pytest.raises(ValueError, match="A topology is cpu:N"):
        topology.parse(text)


def test_virtual_devices_are_asked_for_before_jax_starts():
    environ = {"JAX_PLATFORMS": "tpu"}
    topology.prepare(topology.parse("cpu:8"), environ)
    assert environ == {"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": "8"}


def test_without_the_compiler_for_tpus_one_line_names_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install \"\.\[tpu\]\""):
        topology.prepare(topology.parse("v5e:2x2"), {})


def test_a_host_has_the_devices_of_one_process():
    devices = [SimpleNamespace(process_index=i // 4) for i in range(16)]
    assert topology.devices_per_host(devices) == 4


def test_the_ridge_is_operations_for_a_byte():
    assert chips.CHIPS["v5e"].ridge == pytest.approx(197e12 / 819e9)
