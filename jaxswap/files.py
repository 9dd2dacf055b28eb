"""Outputs that appear under their final name only when they are complete."""

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jaxswap import errors, partials


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file of the same name, put in the place of `path` when the block ends well.

    Else it is removed. Within another output that is not complete yet it is `path` itself.
    """
    if partials.is_inside(path):
        yield path
        return
    with _named(path), partials.beside(path) as holder:
        partial = holder / partials.NEW / path.name
        yield partial
        os.replace(partial, path)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A temporary folder, put in the place of `path` when the block ends well, else removed."""
    with _named(path), partials.beside(path) as holder:
        partial = holder / partials.NEW / path.name
        partial.mkdir()
        yield partial
        if path.exists():
            former = holder / partials.FORMER
            former.mkdir()
            os.replace(path, former / path.name)
        os.replace(partial, path)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that becomes `path` when the block ends well, else it is removed.

    Of several processes that make the same folder one is first, and the others change nothing.

    Raises:
        OutputError: if something is at `path`, but for an empty folder, or another process is
            about to write it.
    """
    check_new(path)
    path = path.resolve() if path.is_symlink() else path
    with _named(path), partials.beside(path) as holder:
        others = [other for other in partials.clear(path.parent) if other != holder]
        if any((other / partials.NEW / path.name).exists() for other in others):
            raise errors.OutputError(
                f"Another jaxswap is writing {path}. Wait for it, or choose another name."
            )
        partial = holder / partials.NEW / path.name
        partial.mkdir()
        yield partial
        try:
            os.rename(partial, path)  # refuses all but an empty folder
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                check_new(path)
            raise


def check_new(path: Path) -> None:
    """Refuse a place for a new folder where something is already.

    Raises:
        OutputError: if something is at `path`, but for an empty folder.
    """
    if os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir())):
        raise errors.OutputError(
            f"{path} exists already. Remove it or choose another name: it is never overwritten."
        )
    if not path.name or path.resolve() == Path.cwd():
        raise errors.OutputError(f"{path} is where you are. Name a new folder in it.")


def check_plain(path: Path) -> None:
    """Refuse a path that is no UTF-8: the libraries of datasets and checkpoints read no other.

    Raises:
        OutputError: if its bytes, or those of a folder that it is in, are no UTF-8.
    """
    try:
        str(path.absolute()).encode("utf-8")
    except UnicodeEncodeError as error:
        raise errors.OutputError(
            f"The path {path.absolute()} has bytes that are no UTF-8, and datasets and runs cannot "
            "be in such a folder. Rename it, or choose another."
        ) from error


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error of the system name the output, not the place where it waits."""
    waits = str(path.parent / partials.PREFIX)
    try:
        yield
    except OSError as error:
        if error.filename is not None and os.fsdecode(error.filename).startswith(waits):
            error.filename = str(path)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, complete or not at all.

    Raises:
        ValueError: if it holds a number that is not finite, which JSON cannot.
    """
    text = json.dumps(value, indent=2, allow_nan=False) + "\n"
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
