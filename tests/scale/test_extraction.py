"""One dataset from much footage: the same for any number of workers, whatever is broken."""

import json
import sys

import numpy as np
import pytest

from jaxswap import config
from jaxswap.vision import extraction as sequential
from pipelines import dataset

pytest.importorskip("apache_beam", reason='the extra is not installed: pip install ".[beam]"')

from jaxswap.cli import main
from jaxswap.scale import extraction, failures

pytestmark = [pytest.mark.beam, pytest.mark.filterwarnings("default")]

DATA = config.DataConfig(chip_size=32, validation_share=0.2, segment_s=0.4)
OPTIONS = config.ExtractConfig(chip_size=64)
WORKERS = ("--direct_running_mode=multi_processing", "--direct_num_workers=")


def _extract(footages, out, *, beam_options=(), segment_s=60.0):
    return extraction.extract(
        footages,
        out,
        options=OPTIONS,
        faces=config.FacesConfig(),
        data=DATA,
        scale=config.ScaleConfig(segment_s=segment_s, context_s=0.5),
        beam_options=beam_options,
    )


def test_workers_do_not_change_the_dataset_and_a_broken_clip_is_reported(
    tmp_path, write_clips, monkeypatch
):
    # As in a checkout whose path has a space: Beam starts its processes by a shell.
    (tmp_path / "with a space").symlink_to(sys.prefix)
    python = tmp_path / "with a space" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    paths = write_clips(tmp_path / "clips", count=4, frames=20)
    paths[1].write_bytes(paths[1].read_bytes()[:300])
    footages = {"a": tmp_path / "clips" / "*.mp4"}
    reports = {
        workers: _extract(
            footages,
            tmp_path / f"data{workers}",
            beam_options=(WORKERS[0], f"{WORKERS[1]}{workers}"),
            segment_s=0.5,
        )
        for workers in (1, 2)
    }
    one, two = (json.loads((tmp_path / f"data{n}" / "dataset.json").read_text()) for n in (1, 2))
    assert one == two
    for report in reports.values():
        assert report.used == 3
        assert [failure.path for failure in report.failed] == [str(paths[1])]
    told = failures.place(tmp_path / "data2").read_text().splitlines()
    assert [json.loads(line)["path"] for line in told] == [str(paths[1])]
    assert len(dataset.Dataset.open(tmp_path / "data2").source("a", "train")) > 20
    assert not (tmp_path / ".data2.segments").exists()


def test_whole_clips_give_what_extract_and_build_give(tmp_path, write_clips):
    paths = write_clips(tmp_path / "clips", count=2, frames=16)
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"clips/{path.name}\n" for path in paths))
    _extract({"a": listed}, tmp_path / "many")
    sequential.extract(paths, tmp_path / "a", faces=config.FacesConfig(), options=OPTIONS)
    dataset.build({"a": tmp_path / "a"}, tmp_path / "few", data=DATA)
    many, few = (
        dataset.Dataset.open(tmp_path / name).source("a", "train") for name in ("many", "few")
    )
    assert len(many) == len(few)
    for index in range(len(few)):
        for name, value in few[index].items():
            np.testing.assert_array_equal(many[index][name], value, err_msg=name)


def test_the_exit_code_tells_of_broken_footage(tmp_path, write_clips, capsys):
    paths = write_clips(tmp_path / "clips", count=2, frames=16)
    (tmp_path / "clips" / "broken.mp4").write_bytes(b"no video")
    argv = ["extract-many", f"a={paths[0].parent}/*.mp4", "--out", str(tmp_path / "data")]
    assert main.run([*argv, "--chip-size", "64", "--data.chip-size", "32"]) == 1
    assert "Used: 2 footages" in capsys.readouterr().out
