"""The benchmarks compare like with like and measure what they say."""

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import _layers, gemm, growth, measuring, precision, startup, step, workers
from jaxswap import config, presets
from jaxswap.models import building

ROOT = Path(__file__).parent.parent
TINY = dataclasses.replace(
    presets.ORIGINAL_2017,
    data=config.DataConfig(chip_size=16),
    model=config.SharedInter(
        image_size=8,
        encoder=config.ConvEncoder(features=(4, 8)),
        inter=config.DenseInter(bottleneck=16, features=4, upscale=4),
        decoder=config.Decoder(features=(4,)),
    ),
    train=config.TrainConfig(batch_size=2),
)
TINY_MACS = {  # of 2 identities with 3 images each: positions x kernel
    "ConvEncoder Downscale_0 Conv_0": 6 * 16 * 25 * 3 * 4,
    "ConvEncoder Downscale_1 Conv_0": 6 * 4 * 25 * 4 * 8,
    "DenseInter Dense_0": 6 * 32 * 16,
    "DenseInter Dense_1": 6 * 16 * 16,
    "DenseInter Upscale_0 Conv_0": 6 * 4 * 9 * 4 * 16,
    "Decoder Upscale_0 Conv_0": 3 * 16 * 9 * 4 * 16,
    "Decoder Conv_0": 3 * 64 * 25 * 4 * 3,
}
IMPORT_ALL = """
import importlib, inspect, sys
from benchmarks import __main__
for name in __main__.names():
    main = importlib.import_module(f"benchmarks.{name}").main
    assert list(inspect.signature(main).parameters) == ["argv"], name
    heavy = {"torch", "tensorflow"} & set(sys.modules)
    assert not heavy, (name, heavy)
    print(name)
"""


def sample(wall_s, cpu_s=0.0):
    return measuring.Sample(wall_s, cpu_s)


def test_every_benchmark_has_a_main_and_imports_no_other_framework():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"step", "gemm", "startup", "growth"} <= set(done.stdout.split())


def test_layers_are_those_of_the_model():
    found = _layers.layers(TINY.model, batch_size=3)
    assert {layer.name: layer.macs for layer in found} == TINY_MACS
    assert [layer.name for layer in found].count("Decoder Conv_0") == 2


def test_a_step_is_three_forward_passes_without_the_gradient_of_the_picture():
    found = _layers.layers(TINY.model, batch_size=3)
    decoders = TINY_MACS["Decoder Upscale_0 Conv_0"] + TINY_MACS["Decoder Conv_0"]
    forward = sum(TINY_MACS.values()) + decoders
    pictures = TINY_MACS["ConvEncoder Downscale_0 Conv_0"]
    assert _layers.step_flop(found) == 2 * (3 * forward - pictures)


@pytest.mark.parametrize("image_size", [64, 128])
@pytest.mark.parametrize("number", [2, 4])
def test_the_torch_model_is_as_large_and_works_as_much(image_size, number):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; make bench installs it")
    from torch.utils import flop_counter

    from benchmarks import _torch_models

    chosen = step.choose("original-2017", batch_size=3, image_size=image_size).model
    with torch.device("meta"):
        model = _torch_models.Autoencoder(chosen, num_identities=number)
        images = torch.zeros(3 * number, 3, image_size, image_size)
    with flop_counter.FlopCounterMode(display=False) as counter:
        faces = model(images)
    assert [face.shape for face in faces] == [(3, 3, image_size, image_size)] * number
    found = _layers.layers(chosen, batch_size=3, num_identities=number)
    assert counter.get_total_flops() == 2 * sum(layer.macs for layer in found)
    ours = building.count_parameters(chosen, num_identities=number)["total"]
    assert sum(parameter.numel() for parameter in model.parameters()) == ours


@pytest.mark.parametrize("variant", ["eager-nchw", "eager-nhwc"])
def test_the_torch_step_changes_every_parameter(variant, monkeypatch):
    pytest.importorskip("torch", reason="PyTorch is not installed; make bench installs it")
    from benchmarks import _torch_models

    made = []
    whole = _torch_models.Autoencoder
    monkeypatch.setattr(
        _torch_models,
        "Autoencoder",
        lambda *args, **options: made.append(whole(*args, **options)) or made[0],
    )
    work = _torch_models.train_step(
        configuration=config.to_dict(TINY), num_identities=2, variant=variant
    )
    before = [parameter.detach().clone() for parameter in made[0].parameters()]
    work()
    after = list(made[0].parameters())
    assert len(after) == 2 * (2 + 2 + 1 + 2 * 2)
    for old, new in zip(before, after, strict=True):
        assert not old.equal(new)


def test_ratios_are_taken_round_by_round():
    ours, theirs = [sample(1, 6), sample(4, 6), sample(3, 6)], [sample(2, 3)] * 3
    assert measuring.ratios(ours, theirs) == (1.5, 0.5, 2.0)
    assert measuring.ratios(ours, theirs, field="cpu_s") == (2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="shorter"):
        measuring.ratios(ours, theirs[:2])


def test_a_worker_works_when_it_is_told_to():
    with workers.Worker("benchmarks.gemm:xla", shape=[8, 8, 8]) as worker:
        taken = workers.interleaved({"a": worker, "b": worker}, rounds=2)
        assert set(worker.prepared) >= {"wall_s", "cpu_s", "first", "facts"}
        assert worker.peak_mib >= worker.prepared["peak_mib"] > 0
    assert {name: len(samples) for name, samples in taken.items()} == {"a": 2, "b": 2}
    assert all(one.wall_s > 0 for samples in taken.values() for one in samples)


def test_a_worker_that_cannot_prepare_is_an_error():
    with pytest.raises(RuntimeError, match=r"benchmarks\.gemm:xla ended with 1"):
        workers.Worker("benchmarks.gemm:xla", shape=[8])


def test_peak_memory_is_not_the_parents():
    parent = """
import subprocess, sys
held = bytes(range(256)) * 2**21  # 512 MiB
child = "from benchmarks import measuring; print(measuring.peak_mib())"
subprocess.run([sys.executable, "-c", child], check=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert float(done.stdout) < 400


def test_gemm_writes_what_it_measured(tmp_path, capsys):
    gemm.main(["--rounds", "1", "--shapes", "64x32x16", "--out", str(tmp_path / "gemm.json")])
    written = json.loads((tmp_path / "gemm.json").read_text(encoding="utf-8"))
    (row,) = written["rows"]
    (taken,) = written["samples"]["64x32x16"]["xla"]
    rate = gemm.MOST_REPEATS * 2 * 64 * 32 * 16 / taken["wall_s"] / 1e9
    assert row["xla GFLOP/s"]["median"] == pytest.approx(rate, rel=1e-4)
    assert set(written["machine"]) == {"processor", "cores", "load"}
    assert "64x32x16" in capsys.readouterr().out


def test_the_step_is_held_against_the_peak_of_its_round():
    rows, samples = step.compare(TINY, variants=[], rounds=2)
    assert [row["who"] for row in rows] == ["jaxswap step", "jaxswap network"]
    peak = 2 * 2048**3 / samples["gemm"][0].wall_s
    flop = _layers.step_flop(_layers.layers(TINY.model, batch_size=2))
    share = flop / samples["jaxswap step"][0].wall_s / peak
    spread = rows[0]["of the peak"]
    assert any(math.isclose(share, value, rel_tol=1e-6) for value in (spread.low, spread.high))
    assert rows[0]["XLA GFLOP"] > rows[1]["XLA GFLOP"] > 0  # the augmentation is in the first


def test_precisions_are_compared_from_the_same_start(monkeypatch):
    monkeypatch.setattr(
        step,
        "choose",
        lambda preset, *, batch_size, precision: dataclasses.replace(
            TINY, model=dataclasses.replace(TINY.model, precision=precision)
        ),
    )
    row, found = precision.compare("tiny", batch_size=2, steps=3)
    assert found["fast"][0] == pytest.approx(found["exact"][0], rel=1e-5)
    assert [len(losses) for losses in found.values()] == [3, 3]
    assert row["largest difference"] < 1e-4


def test_growth_draws_what_it_measured(tmp_path, monkeypatch):
    point = growth.Point("batch_size", 2, 8, 2)
    monkeypatch.setattr(growth, "available_bytes", lambda: 0)  # one after the other
    row = growth.measure(point, TINY, rounds=1)
    assert row["in turn"] is False
    assert row[f"{growth.OURS} MiB"] > row["MiB needed"]
    growth.draw([row, row | {"batch_size": 4}], tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_a_start_that_fails_is_an_error():
    assert startup.fresh(("-c", "pass")).wall_s > 0
    with pytest.raises(RuntimeError, match="ended with 3"):
        startup.fresh(("-c", "raise SystemExit(3)"))
