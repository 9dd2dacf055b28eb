"""Who gets whose face: by number, by identity of the run, by picture; and what is refused."""

import shutil

import numpy as np
import pytest

from jaxswap import config, errors, runs
from jaxswap.api import swaps
from jaxswap.places import local_copies
from jaxswap.vision import descriptor


def resolve(swap, run):
    with local_copies.LocalCopies() as copies:
        return swaps.resolve(
            swap, run=runs.Run.open(run), faces=config.FacesConfig(), copies=copies
        )


@pytest.fixture
def both(demo_clips, write_video, tmp_path):
    """Both people of the embedded footage side by side."""
    from jaxswap import footage

    pairs = zip(*(footage.FrameReader(demo_clips[f"{name}_test"]) for name in "ab"), strict=False)
    frames = [
        np.concatenate([a.image_u8[:, 64:320], b.image_u8[:, 64:320]], axis=1)
        for (a, b), _ in zip(pairs, range(4), strict=False)
    ]
    return write_video(tmp_path / "both.mp4", frames)


@pytest.mark.parametrize(
    ("swap", "error", "said"),
    [
        ({}, ValueError, "one person or more"),
        ({number: "a" for number in range(33)}, errors.FootageError, "At most 32"),
        (("a", "eve"), errors.RunError, "'eve'"),
    ],
)
def test_what_cannot_be_swapped_is_refused(trained, swap, error, said):
    with pytest.raises(error, match=said):
        resolve(swap, trained)


def test_one_person_is_chosen_by_the_options(trained):
    (swap,) = resolve(("a", "b"), trained)
    assert (swap.person.name, swap.person.is_named, swap.identity) == ("a", False, "b")


@pytest.mark.parametrize("number", [3, "3"])
def test_a_number_is_a_track(trained, number):
    (swap,) = resolve({number: "b"}, trained)
    assert (swap.person.name, swap.person.track) == ("track 3", 3)


def test_faces_and_convert_agree_on_the_numbers(run, trained, both, tmp_path, capsys):
    who, out = tmp_path / "who", tmp_path / "out.mp4"
    assert run("faces", both, "--out", who) == 0
    assert "--map 0=IDENTITY" in capsys.readouterr().out
    assert {path.name for path in who.iterdir()} == {"0.png", "1.png", "faces.png"}
    people = ("--map", "1=a", "--map", "0=b", "--map", "7=a")
    assert run("convert", both, "--run", trained, *people, "--out", out) == 0
    said = capsys.readouterr().out
    assert "track 1 -> a: in 4 frames" in said
    assert "track 0 -> b: in 4 frames" in said
    assert "track 7 -> a: never seen" in said


def test_wrong_people(fails, trained, both, tmp_path):
    command = ("convert", both, "--run", trained, "--out", tmp_path / "out.mp4", "--map")
    assert "'carl' is no picture, no number" in fails(*command, "carl=b")
    assert "it has a, b" in fails(*command, "0=carl")
    assert "jaxswap faces" in fails(*command, "9=b")
    assert not (tmp_path / "out.mp4").exists()


def test_without_the_extra_a_number_still_does(fails, trained, both, monkeypatch, tmp_path):
    monkeypatch.setattr(descriptor, "is_available", lambda: False)
    command = ("convert", both, "--run", trained, "--out", tmp_path / "out.mp4", "--map")
    assert 'pip install "jaxswap[identity]"' in fails(*command, "a=b")
    (swap,) = resolve({"0": "b"}, trained)
    assert (swap.person.track, swap.identity) == (0, "b")


@pytest.mark.usefixtures("describer")
def test_a_file_comes_before_a_number_and_a_number_before_an_identity(
    trained, astronaut_u8, monkeypatch, tmp_path
):
    from jaxswap import images

    monkeypatch.chdir(tmp_path)
    images.write_png(tmp_path / "0.png", astronaut_u8)
    shutil.copy("0.png", "a")
    shutil.copy("0.png", "1")
    found = resolve({"a": "a", "1": "a", "2": "a", "b": "b"}, trained)
    people = [swap.person for swap in found]
    assert [person.track for person in people] == [None, None, 2, None]
    assert [person.name for person in people] == ["a", "1", "track 2", "b"]
    assert [person.examples is None for person in people] == [False, False, True, False]
    assert [len(people[index].examples) for index in (0, 1)] == [1, 1]
    assert len(people[3].examples) > 1
