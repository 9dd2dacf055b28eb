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
