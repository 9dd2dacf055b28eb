"""Bytes between a bucket and the disk, by fsspec: in slices, with bounds, whole objects alone.

An object appears when its upload is complete, so nothing is written beside and renamed. A folder
has no such moment: its header (faceset.json, dataset.json, ...) goes first when the folder is
replaced and comes last, and no reader takes a folder without it. fsspec's own copies of folders
(`get` with `recursive`, `rsync`) know no such order, take all files at once and check no sizes.
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from jaxswap import errors
from jaxswap.places import urls

HEADERS = ("faceset.json", "dataset.json", "run.json", "report.json")
"""Files that say that their folder is complete."""

MAX_FILES = 5_000_000
_SLICE = 256  # files on their way at once: fsspec makes a task for each


def size(url: urls.Url) -> int | None:
    """Bytes of the object at `url`; None if there is no object.

    Raises:
        PlaceError: if the store cannot be reached.
        MissingExtraError: if the packages of buckets are not installed.
    """
    with _reaching(url, "read") as store:
        store.invalidate_cache()
        with contextlib.suppress(FileNotFoundError):
            found = store.info(url.key)
            return found["size"] if found["type"] == "file" else None
    return None


def files_below(url: urls.Url) -> dict[str, int]:
    """Bytes of all objects below `url`, by the rest of their keys, sorted.

    Raises:
        PlaceError: if the store cannot be reached, or a key could not be a file's path below a
            folder: it may come from a stranger.
        MissingExtraError: if the packages of buckets are not installed.
    """
    found: dict[str, int] = {}
    with _reaching(url, "read") as store:
        store.invalidate_cache()
        listed = store.find(url.key, detail=True)
    for key, info in listed.items():
        name = key.strip("/").removeprefix(f"{url.key}/")
        if key.endswith("/") or name == key.strip("/"):  # a mark of a folder, or the object itself
            continue
        if not _is_plain(name):
            raise errors.PlaceError(f"{url} holds {name!r}, which is no path of a file. Remove it.")
        found[name] = info["size"]
    if len(found) > MAX_FILES:
        raise errors.PlaceError(f"{url} holds more than {MAX_FILES:,} files. Split it.")
    return dict(sorted(found.items()))


def download(url: urls.Url, names: Mapping[str, int], folder: Path) -> None:
    """Fetch objects below `url` into `folder`, under the same names.

    Args:
        url: of the folder.
        names: bytes by name, as `files_below` gave them.
        folder: where to.

    Raises:
        OutputError: if the disk has no room for them.
        PlaceError: if one cannot be read, or is not of that size any more.
    """
    _check_room(url, sum(names.values()), folder)
    order = list(names)
    for start in range(0, len(order), _SLICE):
        some = order[start : start + _SLICE]
        with _reaching(url, "read") as store:
            store.get([f"{url.key}/{name}" for name in some], [str(folder / name) for name in some])
        for name in some:
            _check_size(url / name, (folder / name).stat().st_size, names[name])


def download_file(url: urls.Url, path: Path) -> None:
    """Fetch one object.

    Raises:
        OutputError: if the disk has no room for it.
        PlaceError: if it cannot be read.
    """
    expected = size(url)
    if expected is None:
        raise errors.PlaceError(f"There is nothing at {url}. Check the address.")
    _check_room(url, expected, path.parent)
    with _reaching(url, "read") as store:
        store.get_file(url.key, str(path))
    _check_size(url, path.stat().st_size, expected)


def upload_file(path: Path, url: urls.Url) -> None:
    """Write a file as one object, which appears when it is complete.

    Raises:
        PlaceError: if it cannot be written.
    """
    with _reaching(url, "written") as store:
        store.put_file(str(path), url.key)
    _check_size(url, size(url) or 0, path.stat().st_size)


def upload(folder: Path, url: urls.Url, names: Sequence[str]) -> None:
    """Write files below `folder` as objects below `url`; headers come last, and go first.

    Raises:
        PlaceError: if one cannot be written.
    """
    headers = [name for name in names if name in HEADERS]
    others = [name for name in names if name not in HEADERS]
    if others:
        remove(url, [name for name in headers if size(url / name) is not None])
    for start in range(0, len(others), _SLICE):
        some = others[start : start + _SLICE]
        with _reaching(url, "written") as store:
            store.put([str(folder / name) for name in some], [f"{url.key}/{name}" for name in some])
    for name in headers:
        upload_file(folder / name, url / name)


def remove(url: urls.Url, names: Sequence[str]) -> None:
    """Delete objects below `url`, in this order.

    Raises:
        PlaceError: if one cannot be deleted.
    """
    for name in names:
        with _reaching(url, "changed") as store, contextlib.suppress(FileNotFoundError):
            store.rm_file(f"{url.key}/{name}")


def read(url: urls.Url, *, limit: int) -> bytes:
    """At most `limit` bytes of an object's beginning.

    Raises:
        PlaceError: if it cannot be read.
    """
    with _reaching(url, "read") as store:
        return store.cat_file(url.key, start=0, end=limit)


def write(url: urls.Url, content: bytes) -> None:
    """Write a small object.

    Raises:
        PlaceError: if it cannot be written.
    """
    with _reaching(url, "written") as store:
        store.pipe_file(url.key, content)


def local_files(folder: Path) -> list[str]:
    """Names of all files below a folder, with "/" between their parts, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@contextlib.contextmanager
def _reaching(url: urls.Url, done: str) -> Iterator[Any]:
    """The store of a URL; what goes wrong in it becomes one line."""
    try:
        yield _store(url)
    except errors.JaxswapError:
        raise
    except Exception as error:  # each store raises errors of its own libraries
        if isinstance(error, FileNotFoundError) and not done == "written":
            raise errors.PlaceError(
                f"There is nothing at {url}, or it was removed just now. Check the address."
            ) from error
        reason = " ".join((str(error).strip() or type(error).__name__).split())[:200]
        raise errors.PlaceError(
            f"{url} cannot be {done} ({reason}). Check the address, and that the environment "
            "holds credentials for it."
        ) from error


def _store(url: urls.Url) -> Any:
    try:
        import fsspec

        return fsspec.filesystem(url.scheme)
    except ImportError as error:
        raise errors.MissingExtraError(
            f"{url} takes packages that are not installed. Install them: "
            'pip install "jaxswap[buckets]"'
        ) from error
    except ValueError as error:
        raise errors.PlaceError(
            f"{url.scheme}:// is no kind of store that is known. Give gs://, s3:// or a local path."
        ) from error


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return (
        len(name) <= 1024
        and name.isprintable()
        and "\\" not in name
        and not PurePosixPath(name).is_absolute()
        and not any(part in ("", ".", "..") or len(part) > 255 for part in parts)
    )


def _check_room(url: urls.Url, needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise errors.OutputError(
            f"A copy of {url} takes {needed / 1e9:.1f} GB, and the disk of {folder} has "
            f"{free / 1e9:.1f} GB left. Let TMPDIR name a folder on a larger disk."
        )


def _check_size(url: urls.Url, there: int, expected: int) -> None:
    if there != expected:
        raise errors.PlaceError(
            f"{url} has {there:,} bytes and should have {expected:,}: it changed on its way. "
            "Run the same command again."
        )
