import dataclasses
import datetime
import json
import re

import jax
import numpy as np
import pytest

from jaxswap import checkpoints, config, errors, runs, version
from jaxswap.models import autoencoder

NAMES = ("anna", "ben")


def make_config(*, ema=0.0):
    return config.Config(
        model=config.ModelConfig(
            image_size=16,
            encoder_features=(4, 4),
            bottleneck_features=4,
            inter_features=4,
            inter_upscale_features=4,
            decoder_features=(4,),
            mask_features=(4,),
        ),
        optimizer=config.OptimizerConfig(ema=ema),
    )


def make_params(seed):
    return autoencoder.init(jax.random.key(seed), make_config().model, num_identities=len(NAMES))


def make_run(path, *steps, ema=0.0):
    run = runs.Run(
        path=path,
        config=make_config(ema=ema),
        identities=NAMES,
        manifest={"identities": [{"name": name} for name in NAMES], "preset": "small"},
    )
    run.write()
    if steps:
        with checkpoints.Store(run.checkpoints_dir, keep=len(steps)) as store:
            for step in steps:
                state = {"params": make_params(step), "ema": make_params(100) if ema else None}
                store.save(step, state, position={}, manifest={})
    return runs.Run.open(path)


def test_a_run_comes_back_as_it_was_written(tmp_path):
    run = make_run(tmp_path)
    assert (run.config, run.identities, run.path) == (make_config(), NAMES, tmp_path)
    assert run.manifest["preset"] == "small"
    assert [run.index(name) for name in NAMES] == [0, 1]


def test_parameters_of_the_latest_and_of_a_step(tmp_path):
    run = make_run(tmp_path, 1, 2)
    params, step = run.load_params()
    assert step == 2
    jax.tree.map(np.testing.assert_array_equal, params, make_params(2))
    jax.tree.map(np.testing.assert_array_equal, run.load_params(step=1)[0], make_params(1))
    assert run.fingerprint() == runs.parameters_sha256(make_params(2))


def test_the_average_is_what_conversion_uses(tmp_path):
    run = make_run(tmp_path, 1, ema=0.9)
    jax.tree.map(np.testing.assert_array_equal, run.load_params()[0], make_params(100))


def test_reading_changes_nothing(tmp_path):
    run = make_run(tmp_path, 1, 2)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    run.load_params()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_unknown_identity_is_answered_with_the_known(tmp_path):
    with pytest.raises(errors.RunError, match=r"no identity 'carl'; it has anna, ben"):
        make_run(tmp_path).index("carl")


def test_a_run_without_checkpoints_says_how_to_get_one(tmp_path):
    run = make_run(tmp_path)
    assert run.steps() == []
    with pytest.raises(errors.RunError, match=r"no checkpoint yet\. Train it: jaxswap train --run"):
        run.load_params()


def test_a_step_that_is_not_there(tmp_path):
    with pytest.raises(errors.RunError, match=r"no checkpoint of step 3; it has \[1, 2\]"):
        make_run(tmp_path, 1, 2).load_params(step=3)


def test_checkpoints_of_another_model_are_refused(tmp_path):
    make_run(tmp_path, 1)
    edit(tmp_path, lambda values: values["config"]["model"].update(bottleneck_features=5))
    with pytest.raises(errors.RunError, match=r"not of this run: .* there and .* here"):
        runs.Run.open(tmp_path).load_params()


def test_a_folder_that_is_no_run(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(errors.RunError, match=r"no run folder \(it has no run.json\)"):
            runs.Run.open(path)


def edit(path, change):
    """Change what run.json holds, as a person might."""
    values = json.loads((path / "run.json").read_text())
    change(values)
    (path / "run.json").write_text(json.dumps(values))


DAMAGES = {
    "cut": (lambda text: text[: len(text) // 2], "It is no JSON"),
    "empty": (lambda text: "", "It is no JSON"),
    "a list": (lambda text: "[]", "It must hold an object"),
    "deep": (lambda text: "[" * 100_000, "It is nested too deeply"),
    "huge": (lambda text: text + " " * 10_000_000, "It has more than 10,000,000 bytes"),
    "old": (lambda text: text.replace('"format": 2', '"format": 1'), r"An older jaxswap .* from 2"),
    "key": (lambda text: text.replace('"seed"', '"sead"'), r"`config\.sead`\. Did you mean 'seed'"),
    "range": (
        lambda text: text.replace('"image_size": 16', '"image_size": 17'),
        r"config\.model: `image_size` 17 must be",
    ),
    "type": (
        lambda text: text.replace('"dssim": 0.0', '"dssim": "x"'),
        r"`config\.loss\.dssim` must be a number, not 'x'",
    ),
    "not finite": (lambda text: text.replace('"dssim": 0.0', '"dssim": NaN'), "It holds NaN"),
    "no identities": (lambda text: text.replace('"identities"', '"persons"'), "`name` each"),
    "twins": (lambda text: text.replace('"ben"', '"anna"'), "no two of them the same"),
    "a path": (lambda text: text.replace('"ben"', '"../ben"'), "objects with a `name`"),
    "a number": (lambda text: text.replace('"ben"', "5"), "objects with a `name`"),
    "history": (
        lambda text: text.replace('"history": []', '"history": [{}]'),
        r"history\[0\]\.when",
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_broken_run_json_is_one_line_with_a_remedy(tmp_path, what):
    make_run(tmp_path)
    file = tmp_path / "run.json"
    damage, message = DAMAGES[what]
    damaged = damage(file.read_text())
    assert damaged != file.read_text()
    file.write_text(damaged)
    with pytest.raises(errors.RunError, match="train again in a new run folder") as caught:
        runs.Run.open(tmp_path)
    assert re.search(message, str(caught.value))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_run_of_a_newer_jaxswap_says_so(tmp_path):
    make_run(tmp_path)
    edit(tmp_path, lambda values: values.update(format=3, colours=[]))
    with pytest.raises(errors.NewerFormatError, match=r"\(format 3; this one reads up to 2\)"):
        runs.Run.open(tmp_path)


def test_what_an_older_run_json_lacks_takes_its_default(tmp_path):
    run = make_run(tmp_path)

    def forget(values):
        del values["history"], values["config"]["train"], values["config"]["loss"]["l1"]

    edit(tmp_path, forget)
    assert runs.Run.open(tmp_path) == run


def wanted(run, **changes):
    """The run as a command would begin it."""
    return dataclasses.replace(run, **{"manifest": manifest()} | changes)


def manifest(**changes):
    return {
        "identities": [{"name": name} for name in NAMES],
        "versions": {"jax": "0.10"},
        "platform": {"devices": 1},
        **changes,
    }


def test_a_new_run_goes_on_as_it_is(tmp_path):
    run = runs.Run(path=tmp_path, config=make_config(), identities=NAMES, manifest=manifest())
    assert run.going_on() is run
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_goes_on_unchanged_writes_no_history(tmp_path):
    wanted(make_run(tmp_path), manifest=manifest(created="then")).write()
    going = wanted(make_run(tmp_path / "other"), path=tmp_path, manifest=manifest(created="now"))
    assert going.going_on() == runs.Run.open(tmp_path)
    assert going.going_on().manifest["created"] == "then"


def test_what_changes_is_kept_with_its_step_and_time(tmp_path):
    run = wanted(make_run(tmp_path, 1, 4))
    run.write()
    longer = dataclasses.replace(run.config, steps=9)
    second = wanted(run, config=longer, manifest=manifest(platform={"devices": 8})).going_on()
    assert runs.Run.open(tmp_path) == run  # nothing is written yet
    second.write()
    third = wanted(run, config=longer, manifest=manifest(versions={"jax": "0.11"})).going_on()
    third.write()
    read = runs.Run.open(tmp_path)
    assert read == third
    assert read.config.steps == 9
    assert read.manifest["versions"] == {"jax": "0.11"}
    first, last = read.history
    assert (first.step, first.version) == (4, version.__version__)
    assert first.changes == {
        "steps": {"from": 50_000, "to": 9},
        "platform.devices": {"from": 1, "to": 8},
    }
    assert last.changes == {
        "versions.jax": {"from": "0.10", "to": "0.11"},
        "platform.devices": {"from": 8, "to": 1},
    }
    now = datetime.datetime.now(datetime.UTC)
    assert abs(now - datetime.datetime.fromisoformat(first.when)) < datetime.timedelta(hours=1)


def test_another_configuration_is_refused_with_every_option_that_differs(tmp_path):
    run = make_run(tmp_path)
    other = dataclasses.replace(
        run.config, seed=3, steps=9, optimizer=config.OptimizerConfig(b1=0.9)
    )
    message = r"configuration: seed 0 there, 3 here; optimizer\.b1 0\.5 there, 0\.9 here\. Use the"
    with pytest.raises(errors.RunError, match=message):
        wanted(run, config=other).going_on()


def test_other_identities_are_refused(tmp_path):
    with pytest.raises(errors.RunError, match="identities anna, ben, not anna, carl"):
        wanted(make_run(tmp_path), identities=("anna", "carl")).going_on()


def test_checkpoints_without_a_run_json_are_no_new_run(tmp_path):
    run = make_run(tmp_path, 1)
    (tmp_path / "run.json").unlink()
    with pytest.raises(errors.RunError, match=r"has checkpoints but no run.json. Put it back"):
        run.going_on()


def test_metrics_are_read_as_far_as_they_are_numbers(tmp_path):
    lines = [
        '{"step": 1, "loss": 0.5}',
        '{"step": 2, "loss": null, "note": "x", "loss/0": 1}',
        "[" * 50_000,
        "[1]",
        '{"step": true}',
        '{"loss": 1}',
        '{"step": 3, "loss": NaN}',
        '{"step": 4, "lo',
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines))
    assert runs.read_metrics(tmp_path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss/0": 1}]
    assert runs.read_metrics(tmp_path / "nowhere") == []


def test_the_fingerprint_sees_names_types_shapes_and_bytes():
    base = {"a": {"w": np.arange(6, dtype=np.float32).reshape(2, 3)}, "b": np.zeros(2, np.float32)}
    others = [
        {"a": {"v": base["a"]["w"]}, "b": base["b"]},
        {"a": {"w": base["a"]["w"].reshape(3, 2)}, "b": base["b"]},
        {"a": {"w": base["a"]["w"].view(np.int32)}, "b": base["b"]},
        {"a": {"w": np.nextafter(base["a"]["w"], 9, dtype=np.float32)}, "b": base["b"]},
    ]
    found = [runs.parameters_sha256(params) for params in (base, *others)]
    assert len(set(found)) == len(found)
    again = {"b": jax.numpy.zeros(2), "a": {"w": jax.numpy.asarray(base["a"]["w"])}}
    assert runs.parameters_sha256(again) == found[0]
