"""Stores in memory, empty before each test."""

from pathlib import Path

import fsspec
import pytest

from jaxswap.places import urls


@pytest.fixture
def bucket():
    """A URL in an empty store."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    yield urls.Url("memory", "bucket")
    store.store.clear()


@pytest.fixture
def contents(bucket):
    """All objects by key."""
    store = fsspec.filesystem("memory").store
    return lambda: {
        key.removeprefix("/bucket/"): bytes(value.getbuffer()) for key, value in store.items()
    }


@pytest.fixture
def put():
    """Write an object, as a stranger would."""

    def write(url: urls.Url, content: bytes) -> None:
        fsspec.filesystem("memory").pipe_file(url.key, content)

    return write


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    """Where copies go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder
