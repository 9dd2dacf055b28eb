"""A run at a URL follows its local copy."""

import threading
import time

import pytest

from jaxswap import errors
from jaxswap.places import local_copies, run_upload, transfer


def save(folder, step, content=b"1"):
    """A checkpoint, with its sums."""
    state = folder / "checkpoints" / str(step) / "state"
    state.mkdir(parents=True)
    (state / "d").write_bytes(content)
    (state.parent / "sha256.json").write_bytes(b"{}")


def steps(contents):
    return sorted({int(key.split("/")[2]) for key in contents() if "/checkpoints/" in key})


def test_what_is_new_is_written_while_the_training_works(bucket, tmp_path, contents, monkeypatch):
    monkeypatch.setattr(run_upload, "EVERY_S", 0.02)
    with run_upload.RunUpload(tmp_path / "run", bucket / "run", keep=2):
        (tmp_path / "run").mkdir()
        save(tmp_path / "run", 2)
        for _ in range(500):
            if "run/checkpoints/2/sha256.json" in contents():
                break
            time.sleep(0.02)
        assert contents()["run/checkpoints/2/state/d"] == b"1"


def test_the_latest_stay_and_a_reader_finds_the_last(bucket, tmp_path, contents):
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}")
    (run / ".lock").write_text("")
    with run_upload.RunUpload(run, bucket / "run", keep=2) as following:
        for step in (2, 4, 6):
            save(run, step)
            following.write()
    assert steps(contents) == [4, 6]
    assert "run/.lock" not in contents()


def test_sums_are_written_last(bucket, tmp_path, contents, monkeypatch):
    """A checkpoint whose upload was cut is none, and the one before it is what a restart gets."""
    run = tmp_path / "run"
    run.mkdir()
    upload = transfer.upload_file

    def cut(path, url):
        if url.name == "sha256.json" and "/4/" in url.key:
            raise errors.PlaceError("The line is cut.")
        upload(path, url)

    def train():
        with run_upload.RunUpload(run, bucket / "run", keep=1) as following:
            (run / "run.json").write_text("{}")
            save(run, 2)
            following.write()
            save(run, 4)

    monkeypatch.setattr(transfer, "upload_file", cut)
    with pytest.raises(errors.PlaceError):
        train()
    assert steps(contents) == [2, 4]
    with local_copies.LocalCopies() as copies:
        found = transfer.local_files(copies.fetch(bucket / "run"))
    assert [name for name in found if "checkpoints" in name] == [
        "checkpoints/2/sha256.json",
        "checkpoints/2/state/d",
    ]
    monkeypatch.setattr(transfer, "upload_file", upload)
    with local_copies.LocalCopies() as copies, copies.run(bucket / "run", keep=1):
        assert steps(contents) == [2]  # what was cut is gone before the training begins


def test_the_training_that_began_last_has_the_run(bucket, tmp_path, contents):
    first, second = tmp_path / "first", tmp_path / "second"

    def train():
        with run_upload.RunUpload(first, bucket / "run", keep=1):
            with run_upload.RunUpload(second, bucket / "run", keep=1):
                save(second, 2, b"second")
            save(first, 2, b"first")

    with pytest.raises(errors.RunError, match="Another training"):
        train()
    assert contents()["run/checkpoints/2/state/d"] == b"second"


def test_a_training_that_lost_its_run_stops(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(run_upload, "EVERY_S", 0.02)

    def train():
        with run_upload.RunUpload(tmp_path, bucket / "run", keep=1):
            transfer.write(bucket / "run" / run_upload.OWNER, b"another")
            for _ in range(500):  # Ctrl-C comes here
                time.sleep(0.02)
            raise AssertionError("it was not stopped")

    with pytest.raises(errors.RunError, match="Another training"):
        train()


def test_a_store_that_does_not_answer_for_a_while_is_told_once(
    bucket, tmp_path, contents, heard, monkeypatch
):
    monkeypatch.setattr(run_upload, "EVERY_S", 0.01)
    read, refused = transfer.read, threading.Event()
    tries = iter(range(1000))

    def refuse(url, *, limit):
        if next(tries) < 5:
            raise errors.PlaceError("The line is cut.")
        refused.set()
        return read(url, limit=limit)

    (tmp_path / "run").mkdir()
    monkeypatch.setattr(transfer, "read", refuse)
    with run_upload.RunUpload(tmp_path / "run", bucket / "run", keep=1, events=heard):
        (tmp_path / "run" / "run.json").write_text("{}")
        assert refused.wait(timeout=60)
    assert heard.messages == ["The line is cut. The training goes on and tries again."]
    assert contents()["run/run.json"] == b"{}"


def test_a_file_that_grows_is_written_as_it_is_at_one_moment(bucket, tmp_path, contents):
    (tmp_path / "run").mkdir()
    with run_upload.RunUpload(tmp_path / "run", bucket / "run", keep=1) as following:
        for lines in (b"1\n", b"1\n2\n"):
            (tmp_path / "run" / "metrics.jsonl").write_bytes(lines)
            following.write()
            assert contents()["run/metrics.jsonl"] == lines
        assert [path.name for path in (tmp_path).iterdir() if path.is_file()] == []
