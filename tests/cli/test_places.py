"""Commands on places at URLs, in a store in memory."""

import json
from pathlib import Path

import fsspec
import pytest


@pytest.fixture(scope="module")
def store(trained, facesets, clip):
    """A bucket with footage, facesets and a run."""
    found = fsspec.filesystem("memory")
    found.store.clear()
    found.put_file(str(clip), "cli/clip.mp4")
    for name, folder in facesets.items():
        found.put(str(folder), f"cli/faces/{name}", recursive=True)
    found.put(str(trained), "cli/run", recursive=True)
    yield found
    found.store.clear()


def test_a_video_is_converted_from_and_to_a_bucket(run, store, trained, clip, tmp_path):
    swap = ("--from", "a", "--to", "b", "--codec", "ffv1")
    here = tmp_path / "out.mkv"
    assert run("convert", clip, "--run", trained, "--out", here, *swap) == 0
    there = ("memory://cli/clip.mp4", "--run", "memory://cli/run", "--out", "memory://cli/out.mkv")
    assert run("convert", *there, *swap) == 0
    assert store.cat_file("cli/out.mkv") == here.read_bytes()


def test_a_run_in_a_bucket_is_trained_on_where_it_stopped(run, store, train_command, facesets):
    who = {name: f"memory://cli/faces/{name}" for name in facesets}
    command = (*train_command(who), "--run", "memory://cli/fresh", "--train.keep", "1")
    assert run(*command) == 0
    assert store.isfile("cli/fresh/checkpoints/4/sha256.json")
    assert store.isfile("cli/fresh/data/dataset.json")
    assert run(*command, "--steps", "6") == 0
    steps = {int(key.split("/")[4]) for key in store.find("cli/fresh/checkpoints")}
    assert steps == {6}
    lines = store.cat_file("cli/fresh/metrics.jsonl").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    manifest = json.loads(store.cat_file("cli/fresh/run.json"))["manifest"]
    first = manifest["identities"][0]
    assert (first["source"], first["dataset"]) == (
        "memory://cli/faces/a",
        "memory://cli/fresh/data",
    )


def test_a_resumed_run_has_the_bits_of_one_in_a_folder(
    run, store, train_command, facesets, tmp_path, capsys
):
    there = (*train_command(facesets), "--run", "memory://cli/bits")
    assert run(*there) == 0
    assert run(*there, "--steps", "6") == 0
    assert run(*train_command(facesets), "--run", tmp_path / "run", "--steps", "6") == 0
    found = []
    for place in ("memory://cli/bits", tmp_path / "run"):
        capsys.readouterr()
        assert run("info", place, "--json") == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["path"] == "memory://cli/bits"
    assert found[0]["parameters_sha256"] == found[1]["parameters_sha256"]


def test_a_dataset_is_built_and_looked_at_in_a_bucket(run, store, facesets, capsys):
    named = [f"{name}=memory://cli/faces/{name}" for name in facesets]
    build = ("build", *named, "--out", "memory://cli/data", "--data.chip-size", "32")
    assert run(*build) == 0
    first = store.cat_file("cli/data/dataset.json")
    assert run(*build) == 0
    assert store.cat_file("cli/data/dataset.json") == first
    capsys.readouterr()
    assert run("info", "memory://cli/data") == 0
    assert "memory://cli/data" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["extract", "faces"])
def test_nothing_is_overwritten(fails, store, option):
    line = fails(option, "memory://cli/clip.mp4", "--out", "memory://cli/faces/a")
    assert "memory://cli/faces/a exists already" in line


def test_what_is_broken_is_named_by_its_url(fails, store):
    store.pipe_file("cli/text.mp4", b"This is no video.")
    line = fails("extract", "memory://cli/text.mp4", "--out", "memory://cli/none")
    assert "memory://cli/text.mp4 cannot be read as a video" in line
    assert not store.exists("cli/none")


def test_a_playlist_opens_nothing_but_files(fails, store):
    store.pipe_file("cli/list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n")
    line = fails("extract", "memory://cli/list.m3u8", "--out", "memory://cli/none")
    assert "memory://cli/list.m3u8" in line


def test_credentials_on_the_command_line_are_refused(fails):
    line = fails("info", "s3://me:secret@bucket/x", code=2)
    assert "environment" in line
    assert "secret" not in line


def test_several_hosts_need_a_folder_for_the_run(fails):
    who = ("--identity", "a=s3://bucket/a", "--identity", "b=s3://bucket/b")
    line = fails("train", *who, "--run", "s3://bucket/run", "--hosts.join")
    assert "Mount the bucket" in line


def test_a_run_names_no_dataset_in_odd_places(fails, run_copy, tmp_path):
    values = json.loads((run_copy / "run.json").read_text())
    values["manifest"]["identities"][0]["dataset"] = "http://127.0.0.1:9/data"
    (run_copy / "run.json").write_text(json.dumps(values))
    (run_copy / "data").rename(Path(tmp_path) / "elsewhere")
    assert "in no bucket" in fails("preview", "--run", run_copy, "--out", tmp_path / "p.png")
