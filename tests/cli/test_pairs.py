"""`NAME=PATH` and `PERSON=IDENTITY` values."""

import pytest

from jaxswap.cli import pairs


def test_only_the_first_equals_sign_divides():
    assert pairs.named(["a=/x=y/z"]) == {"a": "/x=y/z"}


def test_order_is_kept():
    assert list(pairs.named(["z=1", "a=2", "m=3"])) == ["z", "a", "m"]


@pytest.mark.parametrize("value", ["a", "a=", "=x", ""])
def test_both_parts_are_needed(value):
    with pytest.raises(ValueError, match="NAME=PATH"):
        pairs.named([value])


def test_a_faceset_is_named_after_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "anna"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert pairs.named_or_folders(["."]) == {"anna": "."}
    assert pairs.named_or_folders(["b=ben"]) == {"b": "ben"}


def test_a_folder_whose_name_has_an_equals_sign_is_a_folder(tmp_path):
    folder = tmp_path / "b=ben"
    folder.mkdir()
    with pytest.raises(ValueError, match="letters, digits"):
        pairs.named_or_folders([str(folder)])
    named = pairs.named_or_folders([f"b={folder}"])
    assert named == {"b": str(folder)}


def test_a_persons_path_may_hold_an_equals_sign():
    assert pairs.people(["x=y/anna.jpg=b", "0=a"]) == {"x=y/anna.jpg": "b", "0": "a"}


@pytest.mark.parametrize("value", ["", "a", "=a", "a="])
def test_a_value_that_is_no_pair_of_person_and_identity_is_refused(value):
    with pytest.raises(ValueError, match="PERSON=IDENTITY"):
        pairs.people([value])


@pytest.mark.parametrize(
    ("path", "name"), [("runs/ab", "ab"), ("s3://bucket/ab", "ab"), ("é", None)]
)
def test_a_run_is_named_after_its_folder_if_that_can_be(path, name):
    assert pairs.name_of(path) == name
