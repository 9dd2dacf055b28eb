"""The demo: its commands are real ones, and it goes on where it was stopped."""

import json
from pathlib import Path

import pytest

from jaxswap import presets
from jaxswap.cli import demo, parsing
from jaxswap.demo import job


@pytest.fixture
def record(monkeypatch):
    """The commands that the demo runs; each leaves what it makes, until `stop_at`."""

    def start(out, *, stop_at: str = "") -> list[str]:
        ran = []
        makes = {stage.argv: stage.makes for stage in job.stages(out)}

        def parse(argv):
            def command() -> int:
                ran.append(argv[0])
                if argv[0] != stop_at:
                    makes[argv].mkdir(parents=True, exist_ok=True)
                return 0

            return command

        monkeypatch.setattr(demo.parsing, "parse", parse)
        return ran

    return start


def test_every_stage_is_a_command_of_ours(tmp_path):
    stages = job.stages(tmp_path)
    commands = [parsing.parse(stage.argv) for stage in stages]
    names = [type(command).__name__.lower() for command in commands]
    assert names == ["extract", "extract", "train", "preview", "convert", "evaluate"]
    assert commands[2].configuration == presets.PRESETS[job.PRESET]
    assert Path(commands[4].footage).is_file()
    assert commands[4].footage not in commands[0].footage + commands[1].footage  # held out


def test_it_runs_all_and_says_where_the_results_are(record, tmp_path, capsys):
    ran = record(tmp_path)
    assert demo.Demo(out=str(tmp_path))() == 0
    assert ran == ["extract", "extract", "train", "preview", "convert", "evaluate"]
    said = capsys.readouterr().out
    for result in ("a_as_b.mp4", "preview.png", "report.html"):
        assert str(tmp_path) in said.split(result)[0].splitlines()[-1]


def test_json_has_the_results_and_nothing_else(record, tmp_path, capsys):
    record(tmp_path)
    assert demo.Demo(out=str(tmp_path), json=True)() == 0
    said = capsys.readouterr()
    made = [str(tmp_path / name) for name in ("a_as_b.mp4", "preview.png", "report/report.html")]
    assert json.loads(said.out) == {"made": made, "code": 0}
    assert "$ jaxswap extract" in said.err


def test_what_is_done_is_not_done_again(record, tmp_path):
    record(tmp_path)
    demo.Demo(out=str(tmp_path))()
    again = record(tmp_path)
    assert demo.Demo(out=str(tmp_path))() == 0
    assert again == []


def test_training_that_was_stopped_stops_the_demo_and_goes_on_next_time(record, tmp_path, capsys):
    ran = record(tmp_path, stop_at="train")
    assert demo.Demo(out=str(tmp_path))() == 1
    assert ran == ["extract", "extract", "train"]
    assert "To go on: jaxswap demo --out" in capsys.readouterr().err
    again = record(tmp_path)
    assert demo.Demo(out=str(tmp_path))() == 0
    assert again == ["train", "preview", "convert", "evaluate"]


@pytest.mark.parametrize(
    ("stage", "made_anew"),
    [
        (4, ["convert", "evaluate"]),
        (0, ["extract", "train", "preview", "convert", "evaluate"]),  # the other faceset stays
    ],
)
def test_what_follows_a_stage_that_ran_is_made_anew(record, tmp_path, stage, made_anew):
    record(tmp_path)
    demo.Demo(out=str(tmp_path))()
    job.stages(tmp_path)[stage].makes.rmdir()
    again = record(tmp_path)
    demo.Demo(out=str(tmp_path))()
    assert again == made_anew
