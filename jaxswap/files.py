"""Outputs that appear under their final name only when they are complete."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, renamed over it when the block ends well, else removed.

    The temporary name keeps the suffix, since writers choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.partial{path.suffix}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path`, put in its place when the block ends well, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)
    partial = path.with_name(f".{path.name}.{token}.partial")
    retired = path.with_name(f".{path.name}.{token}.retired")
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            os.replace(path, retired)
        os.replace(partial, path)
    finally:
        if retired.exists() and not path.exists():
            os.replace(retired, path)
        shutil.rmtree(retired, ignore_errors=True)
        shutil.rmtree(partial, ignore_errors=True)


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
