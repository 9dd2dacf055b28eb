"""The accelerator's benchmark measures what it says, and loses nothing when a part of it fails."""

import argparse
import dataclasses
import functools
import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import _faces, _layers, accelerator, measuring
from benchmarks._accelerator import (
    agreement,
    blending,
    determinism,
    peaks,
    sections,
    sizes,
    steps,
    swaps,
    timing,
    torch_steps,
)
from jaxswap import config, presets
from jaxswap.training import step

ROOT = Path(__file__).parent.parent
TINY = dataclasses.replace(
    sizes.TINY,
    model=config.SharedInter(
        image_size=8,
        encoder=config.ConvEncoder(features=(4, 8)),
        inter=config.DenseInter(bottleneck=16, features=4, upscale=4),
        decoder=config.Decoder(features=(4,)),
    ),
    data=config.DataConfig(chip_size=16),
    train=config.TrainConfig(batch_size=2),
)
CASE = steps.Case("tiny", "step", TINY)
QUICKLY = timing.Pace(repeats=1, least_s=0.0)
WITHOUT = """
import importlib.abc, sys
missing = {"array_record", "av", "grain", "tensorflow_datasets", "tensorflow", "orbax", "mtcnn"}
missing |= {"ai_edge_litert", "tyro", "tensorboardX", "matplotlib", "platformdirs", "joblib", "lz4"}
class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
import pkgutil
from benchmarks import _accelerator, accelerator
for found in pkgutil.iter_modules(_accelerator.__path__):
    __import__(f"benchmarks._accelerator.{found.name}")
    print(found.name)
"""


@pytest.fixture
def heard():
    return sections.Found()


@pytest.fixture
def tell(heard):
    return sections.Teller(heard.hear)


SAMPLES = "tests.sample_sections"


def ran(function, *, limit_s=60.0, **settings):
    return sections.run(f"{SAMPLES}:{function}", settings=settings, limit_s=limit_s)


def test_rows_come_from_another_process_one_by_one():
    counts = []
    found = sections.run(
        f"{SAMPLES}:works",
        settings={"number": 3},
        limit_s=60.0,
        heard=lambda found: counts.append(len(found.rows)),
    )
    assert [row["row"] for row in found.rows] == ["one", "two"]
    assert found.rows[0] == {"row": "one", "number": 3, "off": "nan"}
    assert (found.failed, found.missing, found.stopped) == ([], [], None)
    assert counts == [0, 1, 2, 2]


def test_a_row_that_fails_is_told_and_the_others_come():
    found = ran("fails_in_between")
    assert [row["row"] for row in found.rows] == ["one", "three"]
    assert found.failed == ["two: ValueError: no such thing"]
    assert found.missing == ["two"]


def test_a_section_that_hangs_is_ended_and_keeps_its_rows():
    found = ran("hangs", limit_s=5.0)
    assert [row["row"] for row in found.rows] == ["one"]
    assert (found.missing, found.failed) == (["two"], [])
    assert found.stopped == "its 5 s were up"
    assert found.seconds < 50


def test_a_section_that_ends_badly_is_a_failure():
    found = ran("dies")
    assert [row["row"] for row in found.rows] == ["one"]
    assert found.failed == [f"{SAMPLES}:dies ended with 3"]


def test_a_failed_section_stops_no_other_and_ends_with_1(tmp_path, monkeypatch, capsys):
    stubs = {"agreement": "dies", "swaps": "works", "poisson": "fails_in_between"}
    monkeypatch.setattr(
        accelerator, "parts", lambda name, size: [accelerator.Part(f"{SAMPLES}:{stubs[name]}", {})]
    )
    out = tmp_path / "found.json"
    with pytest.raises(SystemExit) as ended:
        accelerator.main(["--out", str(out), "--sections", *stubs, "--minutes", "2"])
    assert ended.value.code == 1
    written = json.loads(out.read_text(encoding="utf-8"))
    counts = {name: len(section["rows"]) for name, section in written["sections"].items()}
    assert counts == {"agreement": 1, "swaps": 2, "poisson": 2}
    assert written["problems"] == [
        f"agreement: {SAMPLES}:dies ended with 3",
        "poisson: two: ValueError: no such thing",
    ]
    assert written["sections"]["poisson"]["missing"] == ["two"]
    assert written["device"]["platform"] == "cpu"
    assert "not measured: two" in capsys.readouterr().out


def test_what_was_not_checked_is_a_failure_and_what_was_not_timed_is_none(tmp_path):
    report = accelerator.Report(argparse.Namespace(out=tmp_path / "found.json"), {})
    for name in ("agreement", "steps"):
        row = {"row": "one", "who": "step", "preset": "p", "batch": 2, "type": "float32"}
        report.of(name, 0)(sections.Found(rows=[row], planned=["one", "two"]))
    accelerator.judge(report)
    assert report.problems == ["agreement: not checked: two"]


def test_it_needs_neither_the_dataset_nor_the_footage():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"agreement", "steps", "swaps", "blending"} <= set(done.stdout.split())


def test_the_processes_of_every_section_name_what_there_is():
    for size in (sizes.SMALL, sizes.FULL):
        for name in accelerator.SHARES:
            for part in accelerator.parts(name, size):
                module, function = part.function.split(":")
                assert callable(getattr(sys.modules[module], function))
                json.dumps(part.settings)


def test_a_later_preset_is_one_row():
    more = dataclasses.replace(
        sizes.FULL, measured=(*sizes.FULL.measured, sizes.Measured("original-2017-mask"))
    )
    added = [case for case in steps.cases(more) if case.preset == "original-2017-mask"]
    assert [case.name for case in steps.cases(more) if case not in added] == [
        case.name for case in steps.cases(sizes.FULL)
    ]
    assert len({case.name for case in added}) == 3 * 2  # batches, types
    assert steps.Case.of(added[0].settings()) == added[0]


def test_fast_agrees_with_exact_and_a_bound_can_be_broken(tell, heard):
    settings = {"configuration": config.to_dict(TINY), "steps": 3, "at_once": 1}
    agreement.measure(tell, **settings)
    assert [row["way"] for row in heard.rows] == ["cpu exact", "cpu fast"]
    assert heard.failed == []
    assert heard.rows[0]["first loss"] != heard.rows[0]["last loss"]
    run = agreement.Run([1.0, 0.5], {"a": np.ones(4, np.float32)})
    other = agreement.Run([1.0, 0.55], {"a": np.array([1, 1, 1, 1.1], np.float32)})
    row, faults = agreement.compare(other, run, agreement.Bound(0.0, 0.1, 0.01))
    assert row["gradients off"] == pytest.approx(0.05)
    assert faults == ["losses differ from the reference by 0.1, more than 0.01"]
    nan = run._replace(losses=[float("nan"), 0.5])
    assert len(agreement.compare(nan, run, agreement.BFLOAT16)[1]) == 2


def test_the_gradients_are_those_of_the_first_step():
    way, names = agreement.ways()[agreement.REFERENCE], measuring.names(2)
    run = agreement.train(TINY, way, agreement._compile(TINY, way), steps=1)
    params = agreement._creator(TINY)().params

    @jax.jit
    def gradients(params, chips):
        batch = step.augmented_batch(TINY, jnp.zeros((), jnp.int32), chips)
        whole = functools.partial(step.loss_and_parts, identities=names)
        return jax.value_and_grad(whole, has_aux=True)(params, TINY, batch)

    (loss, _), found = gradients(params, sizes.chips(TINY, number=0))
    assert run.losses == [pytest.approx(float(loss), rel=1e-5)]
    for place, leaf in jax.tree_util.tree_flatten_with_path(found)[0]:
        ours = run.gradients[jax.tree_util.keystr(place, simple=True, separator="/")]
        np.testing.assert_allclose(ours, leaf, rtol=1e-3, atol=1e-6)


def test_equal_runs_have_the_same_bits_and_others_do_not(heard, tell):
    settings = {"cases": [CASE.settings()], "num_steps": 2, "pace": QUICKLY}
    for run in determinism.RUNS:
        determinism.measure(tell, run=run, **settings)
    (verdict,), faults = determinism.judged(heard.rows)
    assert faults == []
    assert (verdict["same bits"], verdict["default has them"]) == ("yes", "yes")
    assert verdict["times the default's"] > 0
    heard.rows[1]["parameters"] = "another"
    (verdict,), faults = determinism.judged(heard.rows)
    assert verdict["same bits"] == "no"
    assert faults == ["tiny: two deterministic runs have different parameters"]


def test_the_price_is_taken_from_the_steps_where_no_run_has_it():
    same = {"preset": "p", "batch": 2, "type": "float32"}
    slow = {**same, "who": determinism.RUNS[0], "parameters": "x", "step ms": {"median": 3.0}}
    usual = [{**same, "who": who, "step ms": {"median": ms}} for who, ms in SPEEDS]
    (verdict,), _ = determinism.judged([slow], measured=usual)
    assert verdict["times the default's"] == 1.5
    assert verdict["same bits"] == "not measured"


SPEEDS = (("network", 1.0), ("step", 2.0))


def test_deterministic_runs_add_to_the_flags_that_are_there():
    environ = {"XLA_FLAGS": "--xla_some=1"}
    first, again, default = (determinism.flags(run, environ) for run in determinism.RUNS)
    assert first == again == {"XLA_FLAGS": f"--xla_some=1 {determinism.FLAG}"}
    assert default == environ


@pytest.mark.parametrize("work", ["step", "network"])
def test_a_step_is_held_against_the_peak(work, monkeypatch):
    monkeypatch.setattr(peaks, "of", lambda kind: peaks.Peak(4e9, 2e9, 1e9))
    case = dataclasses.replace(CASE, work=work)
    row = steps.row(case, steps.compiled(case), pace=QUICKLY)
    seconds = row["step ms"].median / 1e3
    assert row["images/s"].median == pytest.approx(2 * 2 / seconds)
    flop = _layers.step_flop(_layers.layers(TINY.model, batch_size=2))
    assert row["of the peak"] == pytest.approx(flop / 2e9 / seconds)
    assert row["peak MiB"] > 0
    assert row["compile s"] > 0


def test_the_peak_is_that_of_the_arithmetic():
    h100 = "NVIDIA H100 80GB HBM3"
    assert peaks.flops(h100, dtype="bfloat16", matmul=None) == 989.4e12
    assert peaks.flops(h100, dtype="float32", matmul=None) == 494.7e12
    assert peaks.flops(h100, dtype="float32", matmul="highest") == 66.9e12
    assert peaks.flops("TPU v5 lite", dtype="float32", matmul=None) == 197e12
    assert peaks.flops("TPU v5 lite", dtype="float32", matmul="highest") is None
    assert peaks.flops("cpu", dtype="float32", matmul=None) is None


def test_torch_does_the_network_of_the_case():
    pytest.importorskip("torch", reason="PyTorch is not installed; make bench installs it")
    case = dataclasses.replace(CASE, work="network")
    row = torch_steps.row(case, "eager-nhwc", pace=QUICKLY)
    ours = steps.row(case, steps.compiled(case), pace=QUICKLY)
    for found in (row, ours):
        rate = found["TFLOP/s"] * found["step ms"].median
        assert rate == pytest.approx(ours["TFLOP/s"] * ours["step ms"].median)
    assert (row["who"], row["of the peak"]) == ("torch eager-nhwc", "")


def test_swaps_and_blends_are_counted_by_the_second(tell, heard):
    swaps.measure(tell, models={"tiny": config.to_dict(TINY)}, batch_sizes=[3, 1], pace=QUICKLY)
    blending.measure(tell, faces_px=[40], batch_sizes=[1, 2], pace=QUICKLY)
    assert heard.failed == []
    assert [row["row"] for row in heard.rows] == heard.planned
    assert heard.rows[0]["faces/s"]["median"] == pytest.approx(
        3e3 / heard.rows[0]["call ms"]["median"], rel=1e-4
    )
    one, two = heard.rows[-2:]
    assert (one["levels off"], two["levels off"]) == (0.0, "")
    assert two["faces/s"]["median"] == pytest.approx(1e3 / two["ms a face"]["median"], rel=1e-4)


def test_what_blends_wrongly_is_a_failure(tell, heard, monkeypatch):
    monkeypatch.setattr(blending, "levels_from_cpu", lambda tasks: 3.0)
    blending.measure(tell, faces_px=[40], batch_sizes=[1], pace=QUICKLY)
    assert heard.failed == ["face of 40 px, 1 in a call: 3 grey levels from the CPU, more than 1"]


def test_a_face_has_room_in_its_frame():
    frame_u8 = _faces.random_frame_u8(width=160, height=120)
    task = _faces.task(frame_u8, face_px=60)
    assert task.mask.shape == task.region.shape[:2] == task.face.shape[:2]
    assert abs(int(np.flatnonzero(task.mask.any(axis=1)).size) - 60) <= 2
    with pytest.raises(ValueError, match="no room for a face of 200 px"):
        _faces.task(frame_u8, face_px=200)


def test_chips_are_a_function_of_their_number():
    first, again, other, later = (
        sizes.chips(presets.QUICK, number=number)["image"] for number in (0, 0, 1, sizes.DIFFERENT)
    )
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, later)
    assert (first != other).any()
    assert first.shape == (8, 2, presets.QUICK.data.chip_size, presets.QUICK.data.chip_size, 3)
