"""Who gets whose face: by number, by identity of the run, by picture; and what is refused."""

import shutil

import numpy as np
import pytest

from jaxswap import config, runs
from jaxswap.cli import mapping
from jaxswap.places import local_copies
from jaxswap.vision import descriptor


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


def test_a_path_may_hold_an_equals_sign():
    assert mapping.parse(["x=y/anna.jpg=b", "0=a"]) == {"x=y/anna.jpg": "b", "0": "a"}


@pytest.mark.parametrize("value", ["", "a", "=a", "a="])
def test_a_value_that_is_no_pair_is_refused(value):
    with pytest.raises(ValueError, match="PERSON=IDENTITY"):
        mapping.parse([value])


def test_the_number_of_people_is_bounded():
    with pytest.raises(ValueError, match="At most 32"):
        mapping.parse([f"{number}=a" for number in range(33)])


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
    (swap,) = mapping.swaps(
        {"0": "b"},
        run=runs.Run.open(trained),
        faces=config.FacesConfig(),
        copies=local_copies.LocalCopies(),
    )
    assert (swap.person.track, swap.identity) == (0, "b")


@pytest.mark.usefixtures("describer")
def test_a_file_comes_before_a_number_and_a_number_before_an_identity(
    trained, astronaut_u8, monkeypatch, tmp_path
):
    from jaxswap import images

    monkeypatch.chdir(tmp_path)
    opened = runs.Run.open(trained)
    images.write_png(tmp_path / "0.png", astronaut_u8)
    shutil.copy("0.png", "a")
    shutil.copy("0.png", "1")
    found = mapping.swaps(
        {"a": "a", "1": "a", "2": "a", "b": "b"},
        run=opened,
        copies=local_copies.LocalCopies(),
        faces=config.FacesConfig(),
    )
    people = [swap.person for swap in found]
    assert [person.track for person in people] == [None, None, 2, None]
    assert [person.name for person in people] == ["a", "1", "track 2", "b"]
    assert [person.examples is None for person in people] == [False, False, True, False]
    assert [len(people[index].examples) for index in (0, 1)] == [1, 1]
    assert len(people[3].examples) > 1
