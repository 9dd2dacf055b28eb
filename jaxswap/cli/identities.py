"""`NAME=PATH` on the command line: who is who."""

import re
from collections.abc import Sequence
from pathlib import Path

from jaxswap.places import urls

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def parse(values: Sequence[str]) -> dict[str, urls.Place]:
    """Names and places of `NAME=PATH` values, in their order.

    Raises:
        ValueError: if a value has no name, a name is no plain word, or a name comes twice.
        PlaceError: if a place is a URL that cannot be one.
    """
    return _collect([_split(value) for value in values])


def parse_or_folder_names(values: Sequence[str]) -> dict[str, urls.Place]:
    """Like `parse`; a value without a name is named after its folder.

    Raises:
        ValueError: if a name is no plain word, or a name comes twice.
        PlaceError: if a place is a URL that cannot be one.
    """
    pairs = []
    for value in values:
        if "=" in value and not Path(value).exists():
            pairs.append(_split(value))
        else:
            place = urls.parse_place(value)
            pairs.append((_last_part(place), place))
    return _collect(pairs)


def plain_name(place: urls.Place) -> str | None:
    """The last part of a place, if it can be a name."""
    name = _last_part(place)
    return name if _NAME.fullmatch(name) else None


def _last_part(place: urls.Place) -> str:
    return place.resolve().name if isinstance(place, Path) else place.name


def _split(value: str) -> tuple[str, urls.Place]:
    name, equals, path = value.partition("=")
    if not (name and equals and path):
        raise ValueError(f"Expected NAME=PATH, such as a=faces/anna, not {value!r}.")
    return name, urls.parse_place(path)


def _collect(pairs: Sequence[tuple[str, urls.Place]]) -> dict[str, urls.Place]:
    found: dict[str, urls.Place] = {}
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
