"""Local copies of what lies at URLs."""

from pathlib import Path

import pytest

from jaxswap import errors
from jaxswap.places import local_copies, transfer


def test_a_local_path_stays_what_it_is(tmp_path):
    with local_copies.LocalCopies() as copies, copies.output(tmp_path / "out") as out:
        assert copies.fetch(tmp_path / "in") == tmp_path / "in"
        assert out == tmp_path / "out"


def test_copies_keep_their_names_and_go(bucket, put, temporary):
    put(bucket / "clip.mp4", b"film")
    put(bucket / "faces" / "chips" / "1.png", b"1")
    with local_copies.LocalCopies() as copies:
        clip, faces = copies.fetch(bucket / "clip.mp4"), copies.fetch(bucket / "faces")
        assert (clip.name, clip.read_bytes()) == ("clip.mp4", b"film")
        assert (faces / "chips" / "1.png").read_bytes() == b"1"
        assert copies.fetch(bucket / "clip.mp4") == clip
    assert not list(temporary.iterdir())


def test_nothing_there_is_one_line(bucket):
    with (
        local_copies.LocalCopies() as copies,
        pytest.raises(errors.PlaceError, match="nothing at memory://"),
    ):
        copies.fetch(bucket / "x")


def test_an_error_names_the_url(bucket, put):
    put(bucket / "clip.mp4", b"film")

    def fail():
        with local_copies.LocalCopies() as copies:
            raise errors.FootageError(f"{copies.fetch(bucket / 'clip.mp4')} is bad")

    with pytest.raises(errors.FootageError, match=r"^memory://bucket/clip.mp4 is bad$"):
        fail()


@pytest.mark.parametrize("kind", [errors.Stopped, errors.PlaceError, KeyboardInterrupt])
def test_an_error_that_names_no_copy_stays_what_it_is(bucket, put, kind):
    put(bucket / "clip.mp4", b"film")
    raised = kind()

    def fail():
        with local_copies.LocalCopies() as copies:
            copies.fetch(bucket / "clip.mp4")
            raise raised

    with pytest.raises(kind) as caught:
        fail()
    assert caught.value is raised


def test_an_output_appears_when_its_block_ended_well(bucket, contents, temporary):
    def fail(copies):
        with copies.output(bucket / "out.mp4") as out:
            out.write_bytes(b"half")
            raise RuntimeError

    with local_copies.LocalCopies() as copies:
        with copies.output(bucket / "out.mp4") as out:
            out.write_bytes(b"film")
            assert contents() == {}
        assert contents() == {"out.mp4": b"film"}
        with pytest.raises(RuntimeError):
            fail(copies)
    assert contents() == {"out.mp4": b"film"}
    assert not list(temporary.iterdir())


def test_what_is_there_is_replaced_only_by_its_kind(bucket, put, contents):
    put(bucket / "data" / "old", b"1")
    with local_copies.LocalCopies() as copies:
        with pytest.raises(errors.OutputError, match=r"no dataset\.json"):
            copies.output(bucket / "data", header="dataset.json").__enter__()
        with pytest.raises(errors.OutputError, match="exists already"):
            copies.new(bucket / "data").__enter__()
        put(bucket / "data" / "dataset.json", b"{}")
        with copies.output(bucket / "data", header="dataset.json") as out:
            out.mkdir()
            (out / "dataset.json").write_bytes(b"new")
    assert contents() == {"data/dataset.json": b"new"}


def test_what_is_read_is_not_written(bucket, put):
    put(bucket / "clip.mp4", b"film")
    with local_copies.LocalCopies() as copies:
        copies.fetch(bucket / "clip.mp4")
        with pytest.raises(errors.OutputError, match="what is read"):
            copies.output(bucket / "clip.mp4").__enter__()


def test_what_cannot_be_uploaded_stays_on_the_disk(bucket, monkeypatch, temporary):
    def refuse(*args, **kwargs):
        raise OSError("the line is cut")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.put_file", refuse)

    def write():
        with local_copies.LocalCopies() as copies, copies.output(bucket / "out.mp4") as out:
            out.write_bytes(b"film")

    with pytest.raises(errors.PlaceError, match="All of it is in") as caught:
        write()
    kept = Path(str(caught.value).split("All of it is in ")[1].split(": copy")[0])
    assert kept.read_bytes() == b"film"


def test_of_a_run_comes_what_is_read(bucket, put):
    for name in (
        *("run.json", "metrics.jsonl", "data/dataset.json", "previews/1.png", "tensorboard/e"),
        *("checkpoints/2/sha256.json", "checkpoints/4/sha256.json", "checkpoints/4/state/d/x"),
        "checkpoints/6/state/d/x",  # not complete
    ):
        put(bucket / "run" / name, b"x")
    with local_copies.LocalCopies() as copies:
        assert transfer.local_files(copies.fetch(bucket / "run")) == [
            *("checkpoints/4/sha256.json", "checkpoints/4/state/d/x"),
            *("data/dataset.json", "metrics.jsonl", "run.json"),
        ]
