"""`NAME=PATH` values."""

from pathlib import Path

import pytest

from jaxswap.cli import identities


def test_only_the_first_equals_sign_divides():
    assert identities.parse(["a=/x=y/z"]) == {"a": Path("/x=y/z")}


def test_order_is_kept():
    assert list(identities.parse(["z=1", "a=2", "m=3"])) == ["z", "a", "m"]


@pytest.mark.parametrize("value", ["a", "a=", "=x", ""])
def test_both_parts_are_needed(value):
    with pytest.raises(ValueError, match="NAME=PATH"):
        identities.parse([value])


def test_a_faceset_is_named_after_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "anna"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert identities.parse_or_folder_names(["."]) == {"anna": Path(".")}
    assert identities.parse_or_folder_names(["b=ben"]) == {"b": Path("ben")}


def test_a_folder_whose_name_has_an_equals_sign_is_a_folder(tmp_path):
    folder = tmp_path / "b=ben"
    folder.mkdir()
    with pytest.raises(ValueError, match="letters, digits"):
        identities.parse_or_folder_names([str(folder)])
    named = identities.parse_or_folder_names([f"b={folder}"])
    assert named == {"b": folder}
