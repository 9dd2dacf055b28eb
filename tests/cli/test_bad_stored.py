"""Stored files that cannot be read: one clear line with the remedy, and nothing is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SWAP = ("--from", "a", "--to", "b")

DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "newer": (lambda run: run.update(format=99), "install a newer jaxswap"),
    "older": (lambda run: run.update(format=1), "train again in a new run folder"),
    "unknown key": (lambda run: run["config"].update(sead=1), "Did you mean 'seed'?"),
    "unknown name": (
        lambda run: run["config"]["data"].update(cache=1),
        "`config.data.cache`",
    ),
    "out of range": (
        lambda run: run["config"]["augmentation"].update(coverage=7),
        "config.augmentation: `coverage` must be in (0, 1], not 7.0",
    ),
    "not of its type": (
        lambda run: run["config"]["loss"].update(dssim="x"),
        "`config.loss.dssim` must be a number, not 'x'",
    ),
}


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize("what", DAMAGES)
def test_a_run_that_cannot_be_read_is_named_by_every_command(
    fails, run_copy, facesets, train_command, clip, tree, tmp_path, what
):
    change, message = DAMAGES[what]
    edit(run_copy / "run.json", change)
    before = tree(tmp_path)
    out = tmp_path / "out"
    for command in (
        (*train_command(facesets), "--run", run_copy, "--steps", "6"),
        ("convert", clip, "--run", run_copy, *SWAP, "--out", out.with_suffix(".mp4")),
        ("preview", "--run", run_copy, "--out", out.with_suffix(".png")),
        ("evaluate", "--run", run_copy, "--out", out),
        ("info", run_copy),
    ):
        line = fails(*command)
        assert message in line
        assert str(run_copy / "run.json") in line
    assert tree(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, " " * 10_000_001, "[]"])
def test_a_run_json_that_is_none_is_named(fails, run_copy, text):
    (run_copy / "run.json").write_text(text)
    assert "run.json cannot be read: It " in fails("info", run_copy)


@pytest.mark.parametrize("file", ["faceset.json", "dataset.json"])
def test_a_faceset_and_a_dataset_of_a_newer_jaxswap_stay_as_they_are(
    fails, run, facesets, tree, tmp_path, file
):
    copies = {name: Path(shutil.copytree(path, tmp_path / name)) for name, path in facesets.items()}
    named = [f"{name}={path}" for name, path in copies.items()]
    data = tmp_path / "data"
    assert run("build", *named, "--out", data, "--data.chip-size", "32") == 0
    edit((copies["a"] if file == "faceset.json" else data) / file, lambda it: it.update(format=99))
    before = tree(tmp_path)
    assert "install a newer jaxswap" in fails("build", *named, "--out", data)
    assert tree(tmp_path) == before
