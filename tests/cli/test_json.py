"""`--json` means the same in every command: the report as one object, and nothing else."""

import json
import sys

import pytest

from jaxswap.cli import commands, parsing

COMMANDS = {
    "extract": ("{clip}", "--out", "{out}"),
    "build": ("a={a}", "b={b}", "--out", "{out}", "--data.chip-size", "32"),
    "train": ("--run", "{run}"),
    "preview": ("--run", "{run}", "--out", "{out}.png"),
    "faces": ("{clip}", "--out", "{out}"),
    "convert": ("{clip}", "--run", "{run}", "--from", "a", "--to", "b", "--out", "{out}.mp4"),
    "evaluate": ("--run", "{run}", "--out", "{out}"),
    "info": ("{run}",),
}
TOLD = {
    "extract": ("chips", 12),
    "build": ("path", "{out}"),
    "train": ("step", 4),
    "preview": ("step", 4),
    "faces": ("path", "{out}"),
    "convert": ("frames", 12),
    "evaluate": ("candidates", ["run"]),
    "info": ("kind", "run"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_report_is_one_object(
    command, run, clip, facesets, run_copy, train_command, tmp_path, capsys
):
    places = {"clip": clip, "run": run_copy, "out": tmp_path / "out", **facesets}
    argv = [argument.format_map(places) for argument in COMMANDS[command]]
    if command == "train":
        argv = [*train_command(facesets)[1:], *argv]
    capsys.readouterr()
    assert run(command, *argv, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    key, value = TOLD[command]
    assert found[key] == (value.format_map(places) if isinstance(value, str) else value)


def test_an_error_is_one_line_and_leaves_standard_output_empty(run, tmp_path, capsys):
    capsys.readouterr()
    assert run("info", tmp_path / "nothing", "--json") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", commands.COMMANDS)
def test_every_command_has_the_flag(command):
    assert "json" in parsing.load(command).__dataclass_fields__


def test_what_a_library_prints_meanwhile_goes_to_standard_error(capsys):
    from jaxswap.cli.command import Command

    class Loud(Command):
        def call(self, events):
            sys.stdout.write("noise\n")
            events.message("line")
            return {"answer": 42}

        def show(self, report):
            sys.stdout.write(f"{report['answer']}\n")

        def values(self, report):
            return report

    assert Loud(json=True)() == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"answer": 42}
    assert sorted(said.err.splitlines()) == ["line", "noise"]
    assert Loud()() == 0
    assert capsys.readouterr().out == "noise\n42\n"
