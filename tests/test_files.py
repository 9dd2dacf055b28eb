"""Outputs appear whole or not at all, whatever they are called and whoever else is at work."""

import json
import os
import subprocess
import sys

import pytest

from jaxswap import errors, files, partials

KILLED = """
import os, pathlib, sys
from jaxswap import files, partials
path = pathlib.Path(sys.argv[1])
with files.replacing_folder(path) as partial:
    (partial / "new").touch()
    if sys.argv[2] == "between":
        move = os.rename
        os.replace = lambda old, new: os._exit(9) if new == path else move(old, new)
    else:
        os._exit(9)
"""


def kill(path, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), moment],
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 9


@pytest.mark.parametrize("name", ["x" * 251 + ".mp4", "é" * 125 + ".png", "x" * 255, "😀.mkv"])
def test_a_name_may_be_as_long_as_the_disk_takes(tmp_path, name):
    path = tmp_path / name
    with files.replacing(path) as partial:
        assert partial.suffix == path.suffix
        partial.write_text("it")
    assert path.read_text() == "it"
    path.unlink()
    for make in (files.new_folder, files.replacing_folder):
        with make(path) as partial:
            (partial / name).touch()
    assert [entry.name for entry in tmp_path.rglob("*")] == [name, name]


@pytest.mark.parametrize("make", [files.replacing, files.replacing_folder, files.new_folder])
def test_what_breaks_off_leaves_nothing_even_where_folders_were_made(tmp_path, make):
    (tmp_path / "there").mkdir()

    def fail() -> None:
        with make(tmp_path / "there" / "new" / "newer" / "out"):
            raise RuntimeError("It broke off.")

    with pytest.raises(RuntimeError, match="broke off"):
        fail()
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_an_error_names_the_output_and_not_where_it_waits(tmp_path):
    path = tmp_path / "out.txt"
    with pytest.raises(FileNotFoundError) as caught, files.replacing(path) as partial:
        (partial / "below").read_bytes()
    assert caught.value.filename == str(path)


def test_the_next_process_clears_what_a_killed_one_left(tmp_path):
    kill(tmp_path / "out", "at work")
    assert [path.name[:9] for path in tmp_path.iterdir()] == [partials.PREFIX]
    files.write_json(tmp_path / "other.json", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


def test_what_was_to_be_replaced_when_the_process_was_killed_comes_back(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "former").touch()
    kill(out, "between")
    assert not out.exists()
    with files.replacing(tmp_path / "other") as partial:
        assert (out / "former").exists()
        partial.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


def test_what_another_process_holds_is_left_alone(tmp_path):
    with files.replacing(tmp_path / "mine") as partial:
        partial.write_text("it")
        files.write_json(tmp_path / "other.json", 1)
        assert partials.clear(tmp_path) == [partial.parent.parent]
    assert (tmp_path / "mine").read_text() == "it"


def test_of_two_that_make_one_folder_the_second_is_refused_at_once(tmp_path):
    out = tmp_path / "out"
    with files.new_folder(out) as partial:
        (partial / "first").touch()
        with pytest.raises(errors.OutputError, match="Another jaxswap is writing"):
            files.new_folder(out).__enter__()
    assert [path.name for path in out.iterdir()] == ["first"]


def test_of_two_that_began_at_one_moment_the_first_to_end_wins_whole(tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(partials, "clear", lambda folder: [])  # they do not see each other

    def both() -> None:
        with files.new_folder(out) as second:
            (second / "second").touch()
            with files.new_folder(out) as first:
                (first / "first").touch()

    with pytest.raises(errors.OutputError, match="out exists already"):
        both()
    assert [path.name for path in out.iterdir()] == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_taken_and_the_current_one_is_not(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    with files.new_folder(tmp_path / "link") as partial:
        (partial / "it").touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["it"]
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    for here in (".", "../empty", str(tmp_path / "empty")):
        with pytest.raises(errors.OutputError, match="is where you are"):
            files.new_folder(files.Path(here)).__enter__()


def test_a_file_within_an_incomplete_output_needs_no_folder_of_its_own(tmp_path):
    with files.new_folder(tmp_path / "out") as partial, files.replacing(partial / "a") as inner:
        assert inner == partial / "a"
        inner.touch()
    files.write_json(tmp_path / "out" / "b.json", [1])
    assert json.loads((tmp_path / "out" / "b.json").read_text()) == [1]
