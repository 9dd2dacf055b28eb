"""Objects to files and back."""

import os

import fsspec
import pytest

from jaxswap import errors
from jaxswap.places import transfer, urls


def fill(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_folder_goes_and_comes_back(bucket, tmp_path):
    names = sorted([f"chips/{n:04}.png" for n in range(600)] + ["faceset.json", "records.jsonl"])
    source = fill(tmp_path / "source", names)
    transfer.upload(source, bucket / "a", names)
    found = transfer.files_below(bucket / "a")
    assert list(found) == names
    transfer.download(bucket / "a", found, tmp_path)
    assert all((tmp_path / name).read_bytes() == name.encode() for name in names)


def test_neighbours_with_the_same_beginning_stay_out(bucket, put):
    put(bucket / "a" / "x", b"1")
    put(bucket / "ab" / "y", b"2")
    assert transfer.files_below(bucket / "a") == {"x": 1}


def test_the_header_goes_first_and_comes_last(bucket, tmp_path, monkeypatch, contents):
    names = ["chips/1.png", "dataset.json"]
    folder = fill(tmp_path / "source", names)
    transfer.upload(folder, bucket / "a", names)
    store = fsspec.filesystem("memory")

    def refuse(*args, **kwargs):
        raise OSError("the line is cut")

    monkeypatch.setattr(type(store), "put_file", refuse)
    with pytest.raises(errors.PlaceError, match="the line is cut"):
        transfer.upload(folder, bucket / "a", names)
    assert list(contents()) == ["a/chips/1.png"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a\\b", "x\n", "/abs"])
def test_keys_that_lead_elsewhere_are_refused(bucket, name, monkeypatch, tmp_path):
    keys = {f"/bucket/{name}": {"size": 1, "type": "file"}}
    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.find", lambda *a, **k: keys)
    with pytest.raises(errors.PlaceError, match="no path of a file"):
        transfer.files_below(bucket)


def test_an_object_that_changed_on_its_way_is_refused(bucket, put, tmp_path):
    put(bucket / "a" / "x", b"123")
    with pytest.raises(errors.PlaceError, match="should have"):
        transfer.download(bucket / "a", {"x": 4}, tmp_path)


def test_more_than_the_disk_holds_is_refused_before(bucket, tmp_path):
    with pytest.raises(errors.OutputError, match="TMPDIR"):
        transfer.download(bucket / "a", {"x": 2**60}, tmp_path)
    assert os.listdir(tmp_path) == ["temporary"]


def test_an_unknown_scheme_is_one_line():
    with pytest.raises(errors.PlaceError, match="no kind of store"):
        transfer.size(urls.Url("nosuch", "bucket/x"))


def test_a_missing_package_is_one_line():
    fsspec.register_implementation("pigeon", "pigeon.Post", clobber=True)
    with pytest.raises(errors.MissingExtraError, match=r"jaxswap\[buckets\]"):
        transfer.size(urls.Url("pigeon", "bucket/x"))


def test_nothing_is_no_object(bucket, put):
    put(bucket / "a" / "x", b"1")
    assert transfer.size(bucket / "a") is None  # a folder
    assert transfer.size(bucket / "b") is None
    assert transfer.size(bucket / "a" / "x") == 1
    with pytest.raises(errors.PlaceError, match="nothing at memory://bucket/b"):
        transfer.download_file(bucket / "b", transfer.Path("nowhere"))
