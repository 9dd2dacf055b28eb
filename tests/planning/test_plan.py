"""The command, on devices that are not here."""

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jaxswap import errors, presets
from jaxswap.cli import parsing
from jaxswap.planning import collectives, fitting, plan, program, topology, writing

TRAINING = Path(__file__).parent.parent / "training"
PARAMETERS = 34_952
SPLIT = 27_136
"""Of the tiny model's, those in arrays of 4096 and more: two of its decoders', a dense layer's and
the inter's."""
IN_A_PROCESS = """
import sys
from jaxswap import presets
from jaxswap.cli import main
import tiny
presets.PRESETS["tiny"] = tiny.CONFIG
{before}
sys.exit(main.run(sys.argv[1:]))
"""
# What the step was before it said itself what is sent.
LEFT_TO_XLA = """
from jaxswap.planning import topology
topology.prepare(topology.parse("cpu:8"), __import__("os").environ)
import jax
from jaxswap.training import step
def mean_gradients(configuration, mesh, params, batch, *, identities):
    def of_all(params):
        return step.loss_and_parts(params, configuration, batch, identities=identities)
    (loss, parts), gradients = jax.value_and_grad(of_all, has_aux=True)(params)
    return loss, parts, gradients
step.mean_gradients = mean_gradients
"""


FOR_A_SLICE = """
import dataclasses, json, os, sys
from jaxswap.planning import topology
where = topology.parse("v5e:2x2")
topology.prepare(where, os.environ)
from jaxswap import presets
from jaxswap.planning import program
import tiny
devices = topology.devices(where)
chosen = (presets.PRESETS | {"tiny": tiny.CONFIG})[sys.argv[1]]
configuration = dataclasses.replace(
    chosen, train=dataclasses.replace(chosen.train, fsdp=int(sys.argv[2]))
)
made = program.compile_program(configuration, devices, batch_per_device=2)
print(json.dumps({
    "unexpected": made.unexpected,
    "kinds": [each.kind for each in made.sent],
    "flops": made.flops,
    "devices": [len(devices), len(devices) // topology.devices_per_host(devices)],
}))
"""


def run_python(script, *argv):
    """In a process of its own, since JAX reads how many devices there are when it starts."""
    kept = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "JAX_PLATFORMS")}
    paths = [str(TRAINING), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, argv)],
        env=kept | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


def run_plan(*argv, before=""):
    return run_python(IN_A_PROCESS.format(before=before), "plan", *argv)


@pytest.mark.parametrize("fsdp", [1, 4])
def test_the_step_for_eight_devices_sends_gradients_alone(fsdp):
    options = ("--topology", "cpu:8", "--batch", 2, "--fsdp", fsdp, "--json")
    done = run_plan("--preset", "tiny", *options)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["devices"], found["batch_size"], found["unexpected"]) == (8, 16, [])
    kinds = {row["kind"] for row in found["collectives"]}
    assert kinds == (
        {"all-reduce"} if fsdp == 1 else {"all-reduce", "all-gather", "reduce-scatter"}
    )
    memory = found["memory"]
    assert memory["average"] == memory["parameters"]
    assert memory["moments"] - 2 * memory["parameters"] in (4, 8)  # Adam counts its steps, twice
    assert memory["batch"] == 2 * 2 * 2 * 24 * 24 * 3
    assert memory["parameters"] == 4 * (PARAMETERS if fsdp == 1 else PARAMETERS - SPLIT * 3 // 4)
    assert "Compiling the step of tiny" in done.stderr


def test_what_should_not_be_sent_ends_with_1_and_is_named(tmp_path):
    options = ("--topology", "cpu:8", "--batch", 2, "--fsdp", 4)
    done = run_plan("--preset", "tiny", *options, before=LEFT_TO_XLA)
    assert done.returncode == 1
    assert "all-to-all: " in done.stdout
    assert "jaxswap: The step sends what" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("libtpu") is None, reason="no compiler for TPUs here")
@pytest.mark.parametrize(
    ("preset", "fsdp", "kinds"),
    [("quick", 1, {"all-reduce"}), ("tiny", 2, {"all-reduce", "all-gather"})],
)
def test_the_step_for_a_tpu_slice_sends_gradients_alone(preset, fsdp, kinds):
    done = run_python(FOR_A_SLICE, preset, fsdp)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["unexpected"] == []
    assert found["devices"] == [4, 1]
    assert kinds <= set(found["kinds"])
    assert fsdp > 1 or kinds == set(found["kinds"])
    assert found["flops"] > 0


@pytest.mark.skipif(importlib.util.find_spec("libtpu") is None, reason="no compiler for TPUs here")
def test_a_slice_that_there_is_not_is_refused():
    done = run_plan("--preset", "tiny", "--topology", "v5e:3x5")
    assert done.returncode == 1
    assert "knows no slice v5e:3x5" in done.stderr.splitlines()[-1]


def test_devices_that_cannot_share_are_refused():
    done = run_plan("--preset", "tiny", "--topology", "cpu:6", "--fsdp", "4")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("theirs: 3 or 6.")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--preset", "tiny", "--topology", "cpu:8"), "Unknown preset 'tiny'"),
        (("--preset", "quick", "--topology", "gpu:8"), "A topology is cpu:N"),
        (("--preset", "quick", "--topology", "cpu:8", "--batch", "0"), "--batch must be >= 1"),
    ],
)
def test_a_wrong_command_line_is_one_line(options, said):
    with pytest.raises(errors.UsageError, match=said):
        parsing.parse(["plan", *options])


@pytest.fixture
def made():
    """A plan of round numbers for v5e, whose ridge is at 240.5."""
    memory = program.Memory(
        parameters=2**20,
        moments=2**21,
        average=0,
        batch=2**19,
        temporaries=2**22,
        code=2**18,
        padding=0,
    )
    sent = collectives.Collective("all-reduce", (collectives.Array("f32", 2**18),), 1, "psum")
    step = program.Program(
        memory=memory, flops=197e9, bytes_accessed=1e9, sent=(sent, sent), unexpected=()
    )
    return plan.Plan(
        preset="quick",
        where=topology.parse("v5e:4x4"),
        num_hosts=4,
        devices_per_host=4,
        fsdp=1,
        dtype="bfloat16",
        batch_per_device=64,
        step=step,
        fit=fitting.Fit(largest=512, refused=576, compiles=5),
    )


def test_images_follow_from_the_peak(made):
    assert made.images_per_s(0.5) == pytest.approx(0.5 * 1000 * 64 * 2)
    rows = writing.to_dict(made)["input"]
    assert [row["share_of_peak"] for row in rows] == [1.0, 0.5, 0.25]
    assert rows[1]["images_per_s_per_host"] == pytest.approx(4 * 64_000)


def test_json_has_what_the_lines_say(made):
    found = json.loads(json.dumps(writing.to_dict(made)))
    assert found["memory"]["total"] == sum(
        size for name, size in found["memory"].items() if name not in ("total", "capacity")
    )
    assert found["collectives"] == [{"kind": "all-reduce", "count": 2, "bytes": 2**21}]
    assert (found["format"], found["batch_size"]) == (1, 1024)
    assert found["least_bytes"] == 2 * 3 * 2**20 + 2**19 + 2 * 2**22
    assert found["flops_per_byte"] == [197, pytest.approx(197e9 / found["least_bytes"])]
    assert found["largest_batch"] == {"largest": 512, "refused": 576, "compiles": 5}
    text = "\n".join(writing.lines(made))
    assert "512 fits, 576 is refused (5 more compiles)" in text
    assert "only the chip can tell" in text
    assert "none that should not be there" in text


def test_the_largest_batch_is_looked_for_on_request_alone(monkeypatch, made):
    tried, lines = [], []
    large = dataclasses.replace(made.step.memory, temporaries=6 * 2**30)
    step = dataclasses.replace(made.step, memory=large)
    monkeypatch.setattr(plan.topology, "devices", lambda where: [None] * 16)
    monkeypatch.setattr(plan.topology, "devices_per_host", lambda devices: 4)

    def compiled(configuration, devices, batch):
        tried.append(batch)
        return step if batch <= 100 else None

    monkeypatch.setattr(plan, "_compile", compiled)
    asked = {"batch_per_device": 64, "tell": lines.append}
    found = plan.make_plan("quick", presets.QUICK, made.where, **asked)
    assert (tried, found.fit) == ([64], None)
    assert "not looked for (--largest-batch)" in "\n".join(writing.lines(found))
    assert writing.to_dict(found)["largest_batch"] is None
    assert len(writing.to_dict(found)["input"]) == 3
    found = plan.make_plan("quick", presets.QUICK, made.where, largest_batch=True, **asked)
    assert found.fit is not None
    assert 64 <= found.fit.largest <= 100 < found.fit.refused
    assert lines[2] == "A batch of 64 takes 6,147.8 of 16,384 MiB."  # known before the search
    assert lines[3].endswith("on each device (1 of 8 at most).")


@pytest.mark.parametrize(
    ("flops", "bytes_accessed", "said"), [(197e12, 1e9, "its peak"), (1e9, 1e9, "its memory")]
)
def test_what_bounds_the_step_is_said_where_both_counts_agree(made, flops, bytes_accessed, said):
    step = dataclasses.replace(made.step, flops=flops, bytes_accessed=bytes_accessed)
    text = "\n".join(writing.lines(dataclasses.replace(made, step=step)))
    assert f"the chip's ridge is 241: {said} bounds the step" in text


def test_what_should_not_be_sent_is_in_both(made):
    wrong = dataclasses.replace(made.step, unexpected=("all-to-all: 9 values in 1.",))
    made = dataclasses.replace(made, step=wrong)
    assert writing.to_dict(made)["unexpected"] == ["all-to-all: 9 values in 1."]
    text = "\n".join(writing.lines(made))
    assert "all-to-all: 9 values" in text
    assert "none that" not in text
