"""`NAME=PATH` on the command line: who is who."""

import re
from collections.abc import Sequence
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def parse(values: Sequence[str]) -> dict[str, Path]:
    """Names and paths of `NAME=PATH` values, in their order.

    Raises:
        ValueError: if a value has no name, a name is no plain word, or a name comes twice.
    """
    return _collect([_split(value) for value in values])


def parse_or_folder_names(values: Sequence[str]) -> dict[str, Path]:
    """Like `parse`; a value without a name is named after its folder.

    Raises:
        ValueError: if a name is no plain word, or a name comes twice.
    """
    pairs = []
    for value in values:
        if "=" in value and not Path(value).exists():
            pairs.append(_split(value))
        else:
            pairs.append((Path(value).resolve().name, Path(value)))
    return _collect(pairs)


def plain_name(path: Path) -> str | None:
    """The last part of a path, if it can be a name."""
    name = path.resolve().name
    return name if _NAME.fullmatch(name) else None


def _split(value: str) -> tuple[str, Path]:
    name, equals, path = value.partition("=")
    if not (name and equals and path):
        raise ValueError(f"Expected NAME=PATH, such as a=faces/anna, not {value!r}.")
    return name, Path(path)


def _collect(pairs: Sequence[tuple[str, Path]]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name, path in pairs:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"The name {name!r} must be of letters, digits, '_', '.' and '-': "
                f"give one as NAME={path}."
            )
        if name in found:
            raise ValueError(f"Two are named {name!r}: give each its own name.")
        found[name] = path
    return found
