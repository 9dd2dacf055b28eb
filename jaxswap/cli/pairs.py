# pyright: strict
"""`NAME=PATH` and `PERSON=IDENTITY` on the command line."""

import os
from collections.abc import Iterable

from jaxswap import names
from jaxswap.places import urls


def named(values: Iterable[str]) -> dict[str, str]:
    """Names and paths of `NAME=PATH` values, in their order.

    Raises:
        ValueError: if a value has no name, a name is no plain word, or a name comes twice.
        PlaceError: if a path is a URL that cannot be one.
    """
    return _collect(_split(value) for value in values)


def named_or_folders(values: Iterable[str]) -> dict[str, str]:
    """Like `named`; a value without a name is named after its folder.

    Raises:
        ValueError: if a name is no plain word, or a name comes twice.
        PlaceError: if a path is a URL that cannot be one.
    """
    return _collect(
        _split(value) if "=" in value and not os.path.exists(value) else (_last_part(value), value)
        for value in values
    )


def people(values: Iterable[str]) -> dict[str, str]:
    """Identities by person of `PERSON=IDENTITY` values, in their order; a path may hold a `=`.

    Raises:
        ValueError: if a value is no PERSON=IDENTITY, or a person comes twice.
        PlaceError: if a person is a URL that cannot be one.
    """
    found: dict[str, str] = {}
    for value in values:
        person, _, identity = value.rpartition("=")
        if not (person and identity):
            raise ValueError(f"Expected PERSON=IDENTITY, such as anna.jpg=ben, not {value!r}.")
        if person in found:
            raise ValueError(f"{person!r} is mapped twice: give each person one identity.")
        urls.parse_place(person)
        found[person] = identity
    return found


def name_of(path: str) -> str | None:
    """The last part of a path, if it can be a name."""
    name = _last_part(path)
    return name if names.is_plain(name) else None


def _last_part(path: str) -> str:
    place = urls.parse_place(path)
    return place.name if isinstance(place, urls.Url) else place.resolve().name


def _split(value: str) -> tuple[str, str]:
    name, equals, path = value.partition("=")
    if not (name and equals and path):
        raise ValueError(f"Expected NAME=PATH, such as a=faces/anna, not {value!r}.")
    return name, path


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, path in pairs:
        if not names.is_plain(name):
            raise ValueError(
                f"The name {name!r} must be of letters, digits, '_', '.' and '-': "
                f"give one as NAME={path}."
            )
        if name in found:
            raise ValueError(f"Two are named {name!r}: give each its own name.")
        urls.parse_place(path)
        found[name] = path
    return found
