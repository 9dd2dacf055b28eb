"""Places that a user names."""

from pathlib import Path

import pytest

from jaxswap import errors
from jaxswap.places import urls


@pytest.mark.parametrize("text", ["clip.mp4", "a/b", "C://disk", "s3:/one-slash", "/a=b", "x:y"])
def test_a_path_is_a_path(text):
    assert urls.parse_place(text) == Path(text)


def test_a_url_keeps_its_slashes():
    place = urls.parse_place("s3://bucket/faces/anna/")
    assert place == urls.Url("s3", "bucket/faces/anna")
    assert str(place) == "s3://bucket/faces/anna"
    assert (place.name, (place / "x.mp4").suffix) == ("anna", ".mp4")


def test_a_file_url_is_a_path():
    assert urls.parse_place("file:///a/b%20c") == Path("/a/b c")


def test_credentials_are_refused_and_not_repeated():
    with pytest.raises(errors.PlaceError, match="environment") as caught:
        urls.parse_place("s3://me:secret@bucket/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["s3://b/../x", "s3://b//x", "s3://b/./x", "s3://b/x::zip", "s3://b/x\n", "s3://b/a\\b"],
)
def test_what_is_no_plain_address_is_refused(text):
    with pytest.raises(errors.PlaceError):
        urls.parse_place(text)


def test_the_home_folder_stands_for_its_sign(monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    assert urls.parse_place("~/x") == Path("/home/anna/x")
    assert urls.parse_place("~") == Path("/home/anna")
    assert urls.parse_place("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    assert urls.parse_place("a/~/x") == Path("a/~/x")


@pytest.mark.parametrize("text", ["~", "~/x"])
def test_without_a_home_folder_its_sign_is_refused(monkeypatch, text):
    monkeypatch.setattr(urls.os.path, "expanduser", lambda path: path)
    with pytest.raises(errors.PlaceError, match="Write the path in full"):
        urls.parse_place(text)


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_what_no_file_can_be_called_is_refused(text):
    with pytest.raises(errors.PlaceError, match="is no path"):
        urls.parse_place(text)
