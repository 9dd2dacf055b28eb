import dataclasses
import json

import jax
import numpy as np
import pytest

from jaxswap import checkpoints, config, errors, runs
from jaxswap.models import building

NAMES = ("anna", "ben")


def make_config(*, ema=0.0):
    return config.Config(
        model=config.SharedInter(
            image_size=16,
            encoder=config.ConvEncoder(features=(4, 4)),
            inter=config.DenseInter(bottleneck=4, features=4, upscale=4),
            decoder=config.Decoder(features=(4,)),
        ),
        optimizer=config.Adam(ema=ema),
    )


def make_params(seed):
    net = building.build(make_config().model)
    return jax.jit(lambda key: net.init(key, identities=NAMES))(jax.random.key(seed))


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
    for name in NAMES:
        run.check_identity(name)


def test_parameters_of_the_latest_and_of_a_step(tmp_path):
    run = make_run(tmp_path, 1, 2)
    params, step = run.load_params()
    assert step == 2
    jax.tree.map(np.testing.assert_array_equal, params, make_params(2))
    jax.tree.map(np.testing.assert_array_equal, run.load_params(step=1)[0], make_params(1))
    assert run.fingerprint() == runs.parameters_sha256(make_params(2))


def test_only_the_wanted_identities_are_read(tmp_path):
    run = make_run(tmp_path, 1)
    found, _ = run.load_params(identities=["ben"])
    expected = make_params(1)
    del expected["decoders"]["anna"]
    jax.tree.map(np.testing.assert_array_equal, found, expected)
    with pytest.raises(errors.RunError, match=r"no identity 'carl'"):
        run.load_params(identities=["ben", "carl"])


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]])
def test_the_order_of_the_names_changes_nothing(tmp_path, order):
    run = make_run(tmp_path, 1)
    manifest = {"identities": [{"name": name} for name in order]}
    dataclasses.replace(run, manifest=manifest).write()
    again = runs.Run.open(tmp_path)
    assert again.identities == NAMES
    assert again.fingerprint() == run.fingerprint()


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
        make_run(tmp_path).check_identity("carl")


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
    values = json.loads((tmp_path / "run.json").read_text())
    values["config"]["model"]["inter"]["bottleneck"] = 5
    (tmp_path / "run.json").write_text(json.dumps(values))
    with pytest.raises(errors.RunError, match=r"of another configuration: .* there and .* here"):
        runs.Run.open(tmp_path).load_params()


def test_a_folder_that_is_no_run(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(errors.RunError, match=r"no run folder \(it has no run.json\)"):
            runs.Run.open(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"seed"', '"sead"'),
        lambda text: text.replace('"image_size": 16', '"image_size": 17'),
        lambda text: text.replace('"identities"', '"persons"'),
    ],
)
def test_a_broken_run_json_is_one_line_with_a_remedy(tmp_path, damage):
    make_run(tmp_path)
    file = tmp_path / "run.json"
    damaged = damage(file.read_text())
    assert damaged != file.read_text()
    file.write_text(damaged)
    with pytest.raises(errors.RunError, match="Train again in a new run folder") as caught:
        runs.Run.open(tmp_path)
    assert "\n" not in str(caught.value)


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
