"""The main job by the real commands: extract, train, stop, go on, preview, convert, evaluate."""

import json
import re
import shutil
from pathlib import Path

import av
import pytest

SWAP = ("--from", "a", "--to", "b")


@pytest.fixture
def info(run, capsys):
    """What `info --json` says."""

    def read(*argv: str | Path) -> dict:
        capsys.readouterr()
        assert run("info", *argv, "--json") == 0
        return json.loads(capsys.readouterr().out)

    return read


def test_a_faceset_is_what_info_says_and_can_be_pruned(facesets, info, tmp_path):
    pruned = Path(shutil.copytree(facesets["a"], tmp_path / "pruned"))
    images = sorted((pruned / "chips").iterdir())
    assert info(pruned)["kind"] == "faceset"
    assert info(pruned)["chips"] == len(images) > 30
    images[0].unlink()
    assert info(pruned)["chips"] == len(images) - 1


def test_a_resumed_run_equals_an_uninterrupted_one_and_keeps_its_data(
    run, info, run_copy, facesets, train_command, tmp_path, capsys
):
    assert info(run_copy)["step"] == 4
    pruned = Path(shutil.copytree(facesets["a"], tmp_path / "pruned"))
    next((pruned / "chips").iterdir()).unlink()
    changed = train_command({"a": pruned, "b": facesets["b"]})
    assert run(*changed, "--run", run_copy, "--steps", "6") == 0
    assert f"{pruned} is not as it was" in capsys.readouterr().err
    whole = tmp_path / "whole"
    assert run(*train_command(facesets), "--run", whole, "--steps", "6") == 0
    assert info(run_copy)["step"] == info(whole)["step"] == 6
    assert info(run_copy)["parameters_sha256"] == info(whole)["parameters_sha256"]
    (entry,) = info(run_copy)["history"]
    assert (entry["step"], entry["changes"]) == (4, {"steps": {"from": 4, "to": 6}})
    assert info(whole)["history"] == []


def test_a_built_dataset_can_be_shared(run, info, trained, facesets, train_command, tmp_path):
    data, folder = tmp_path / "data", tmp_path / "run"
    named = [f"{name}={path}" for name, path in facesets.items()]
    assert run("build", *named, "--out", data, "--data.chip-size", "32") == 0
    assert info(data)["kind"] == "dataset"
    assert run(*train_command({"a": data, "b": data}), "--run", folder) == 0
    assert not (folder / "data").exists()
    assert info(folder)["parameters_sha256"] == info(trained)["parameters_sha256"]
    assert run("preview", "--run", folder, "--out", tmp_path / "preview.png") == 0


def test_preview_draws_all_columns(run, info, trained, tmp_path):
    out = tmp_path / "preview.png"
    assert run("preview", "--run", trained, "--out", out) == 0
    assert info(out)["kind"] == "image"
    assert info(out)["width"] >= 6 * 16


def test_a_converted_video_keeps_times_and_says_what_it_is(run, info, trained, clip, tmp_path):
    out = tmp_path / "swapped.mp4"
    assert run("convert", clip, "--run", trained, *SWAP, "--out", out) == 0
    with av.open(str(clip)) as before, av.open(str(out)) as after:
        times = [[frame.time for frame in each.decode(video=0)] for each in (before, after)]
    assert times[0] == times[1]
    said = info(out)
    assert said["synthetic"] is True
    assert said["mark"]["tool"] == "jaxswap"
    assert said["mark"]["swaps"] == [{"person": "a", "identity": "b"}]
    assert info(clip)["synthetic"] is False
    assert said["mark"]["run_fingerprint"] in json.dumps(info(trained))


def test_a_folder_of_images_gives_images(run, info, trained, demo_clips, tmp_path):
    stills, out = tmp_path / "stills", tmp_path / "swapped"
    stills.mkdir()
    with av.open(str(demo_clips["a_test"])) as container:
        for index, frame in zip(range(2), container.decode(video=0), strict=False):
            frame.to_image().save(stills / f"{index}.png")
    assert run("convert", stills, "--run", trained, *SWAP, "--out", out) == 0
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png"]
    assert info(out / "0.png")["synthetic"] is True


def test_evaluate_writes_a_page_that_stands_alone(run, trained, clip, tmp_path, capsys):
    out = tmp_path / "report"
    assert run("evaluate", "--run", trained, "--footage", clip, *SWAP, "--out", out) == 0
    said = capsys.readouterr().out
    assert "Frames swapped" in said
    assert "PSNR of b" in said
    values = json.loads((out / "report.json").read_text())
    assert list(values["candidates"]) == ["run"]  # the name of its folder
    assert (out / "run.mp4").exists()
    assert list(out.glob("*.csv"))
    page = (out / "report.html").read_text()
    assert "data:image/png;base64," in page
    assert not re.search(r"(src|href|srcset)=.?(http|//)", page)


def test_finished_videos_and_runs_are_compared_in_one_report(
    run, trained, facesets, clip, tmp_path, capsys
):
    out = tmp_path / "report"
    who = [f"{name}={path}" for name, path in facesets.items()]
    candidates = (f"same={clip}", f"ours={trained}")
    assert (
        run(
            *("evaluate", "--compare", *candidates, "--reference", clip, *SWAP),
            *("--identity", *who, "--out", out),
        )
        == 0
    )
    heading = capsys.readouterr().out.splitlines()[0]
    assert heading.split()[-3:] == ["same", "ours", "Better"]
    values = json.loads((out / "report.json").read_text())
    figures = {figure["key"]: figure["values"] for figure in values["figures"]}
    assert figures["clip/landmark_error"]["same"] == 0.0
    assert figures["clip/landmark_error"]["ours"] > 0.0
    assert set(figures["reconstruction/a/face/l1"]) == {"ours"}
    assert values["candidates"]["ours"]["run"]["step"] == 4


def test_a_run_among_videos_needs_to_know_whom_it_swaps(fails, trained, clip, tmp_path):
    line = fails(
        *("evaluate", "--compare", f"ours={trained}", "--reference", clip),
        *("--out", tmp_path / "report"),
    )
    assert "ours is a run" in line
    assert "--from and --to" in line


def test_a_missing_video_is_named_before_anything_is_converted(fails, trained, clip, tmp_path):
    out = tmp_path / "report"
    line = fails(
        *("evaluate", "--compare", f"ours={trained}", f"x={tmp_path / 'none.mp4'}"),
        *("--reference", clip, *SWAP, "--out", out),
    )
    assert "none.mp4" in line
    assert not out.exists()
