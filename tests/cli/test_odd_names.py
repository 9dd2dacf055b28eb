"""Names as people have them: long ones, no UTF-8, and what a shell or a program may take amiss."""

import os
import shutil
from pathlib import Path

import pytest

import jaxswap
from jaxswap import errors

SWAP = ("--from", "a", "--to", "b")
BYTES = os.fsdecode(b"clip\xff\xe9.mp4")


@pytest.mark.parametrize("length", [238, 250, 255])
def test_an_output_may_have_the_longest_name_of_the_disk(run, trained, clip, tmp_path, length):
    out = tmp_path / ("x" * (length - 4) + ".png")
    assert run("preview", "--run", trained, "--out", out) == 0
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_video_and_a_folder_may_have_it_too(run, trained, clip, tmp_path):
    for out in (tmp_path / ("é" * 125 + ".mp4"), tmp_path / ("y" * 255)):
        assert run("convert", clip, "--run", trained, *SWAP, "--out", out) == 0
    assert len(list(tmp_path.iterdir())) == 2


LONG = "z" * 300


@pytest.mark.parametrize(
    "argv",
    [
        ("extract", LONG, "--out", "out"),
        ("extract", "{clip}", "--out", LONG),
        ("faces", "{clip}", "--out", LONG),
        ("convert", LONG, "--run", "{run}", *SWAP, "--out", "out.mp4"),
        ("convert", "{clip}", "--run", "{run}", *SWAP, "--out", f"{LONG}.mp4"),
        ("convert", "{clip}", "--run", LONG, *SWAP, "--out", "out.mp4"),
        ("convert", "{clip}", "--run", "{run}", "--map", f"{LONG}=b", "--out", "out.mp4"),
        ("evaluate", "--run", LONG, "--out", "out"),
        ("preview", "--run", "{run}", "--out", f"{'d/' * 2100}x.png"),
        ("train", "--identity", f"a={LONG}", "--identity", "b=x", "--run", "r"),
        ("build", f"a={LONG}", "--out", "out"),
        ("info", LONG),
    ],
)
def test_a_name_that_no_disk_takes_is_one_line(fails, clip, trained, tmp_path, monkeypatch, argv):
    monkeypatch.chdir(tmp_path)
    fails(*(word.format(clip=clip, run=trained) for word in argv))
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_no_utf_8_are_read_and_written(trained, clip, tmp_path):
    footage = tmp_path / BYTES
    shutil.copy(clip, footage)
    faces = os.fsdecode(b"faces\xff")
    assert jaxswap.extract(footage, tmp_path / faces).chips > 0
    assert jaxswap.info(tmp_path / faces)["sources"][0]["name"] == BYTES
    assert jaxswap.faces(footage, tmp_path / f"who{faces}").tracks
    out = tmp_path / f"out{BYTES}"
    jaxswap.convert(footage, out, run=trained, swap=("a", "b"))
    assert jaxswap.info(out)["synthetic"]
    report = jaxswap.evaluate({"x": out}, tmp_path / f"report{faces}", footage=footage)
    assert r"clip\udcff\udce9.mp4" in Path(report.path).read_text(encoding="utf-8")


def test_runs_and_datasets_say_that_they_need_utf_8(trained, facesets, tmp_path):
    odd = Path(shutil.copytree(trained, tmp_path / os.fsdecode(b"run\xff")))
    with pytest.raises(errors.OutputError, match="no UTF-8"):
        jaxswap.preview(odd, tmp_path / "p.png")
    with pytest.raises(errors.OutputError, match="no UTF-8"):
        jaxswap.info(odd)
    for make in (
        lambda folder: jaxswap.build(facesets, folder),
        lambda folder: jaxswap.train(facesets, folder),
    ):
        with pytest.raises(errors.OutputError, match="no UTF-8"):
            make(tmp_path / os.fsdecode(b"new\xff"))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "name", ["a\nb.mp4", "sp .mp4 ", "😀.mp4", "%d.mp4", "a:b.mp4", "a[1]*?.mp4", "a=b.mp4", "dot."]
)
def test_odd_names_are_names(run, fails, trained, clip, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip, name)
    assert run("convert", name, "--run", trained, *SWAP, "--out", f"out-{name}.mp4") == 0
    assert sorted(os.listdir()) == sorted([name, f"out-{name}.mp4"])


def test_a_name_with_a_dash_in_front_is_told_from_an_option(fails, clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip, "-x.mp4")
    assert "Write ./-x.mp4" in fails("info", "-x.mp4", code=2)


@pytest.mark.parametrize("out", [".mp4", ".MKV", "new/.png", ".jpg"])
def test_a_name_that_is_only_a_suffix_is_refused(fails, trained, clip, tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    line = fails("convert", clip, "--run", trained, *SWAP, "--out", out)
    assert "is a suffix without a name" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", [".", "..", "/", "/dev/null"])
@pytest.mark.parametrize("command", ["extract", "faces"])
def test_a_folder_that_is_no_new_one_is_refused(fails, clip, tmp_path, monkeypatch, command, out):
    monkeypatch.chdir(tmp_path)
    assert "Name a new folder" in fails(command, clip, "--out", out) or out != "."
    assert list(tmp_path.iterdir()) == []


def test_the_home_folder_is_known_where_no_shell_wrote_it(
    run, trained, clip, tmp_path, monkeypatch
):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path / "here")
    shutil.copy(clip, home)
    assert run("preview", "--run", trained, "--out=~/new/x.png") == 0
    assert run("info", f"~/{clip.name}") == 0
    assert (home / "new" / "x.png").exists()
    assert os.listdir() == []


def test_chips_under_other_names_are_told_and_not_lost_in_silence(
    run, fails, facesets, tmp_path, capsys
):
    renamed = Path(shutil.copytree(facesets["a"], tmp_path / "renamed"))
    chips = sorted((renamed / "chips").iterdir())
    chips[0].rename(chips[0].with_name("best.png"))
    assert run("build", f"a={renamed}", "--out", tmp_path / "data") == 0
    assert "Note: 1 images in" in capsys.readouterr().out
    for chip in chips[1:]:
        chip.rename(chip.with_name(f"anna {chip.name}"))
    line = fails("build", f"a={renamed}", "--out", tmp_path / "data2")
    assert "under other names than records.jsonl gives them, such as anna" in line
    assert "Rename them back" in line


def test_a_person_is_marked_by_a_name_that_fits(mark_of):
    assert mark_of("x" * 300 + "\n\udcff") == "x" * 200
    assert mark_of("a\n\udcffb") == "a??b"


@pytest.fixture
def mark_of():
    from jaxswap.provenance import marks

    return lambda name: marks.MarkedSwap(person=marks.fitting(name), identity="b").person
