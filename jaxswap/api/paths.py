# pyright: strict
"""Paths as callers give them."""

import os
from collections.abc import Mapping
from pathlib import Path

from jaxswap import errors
from jaxswap.places import urls

AnyPath = str | os.PathLike[str]
"""A local path, or a URL."""


def place(path: AnyPath) -> urls.Place:
    """Where a path leads.

    Raises:
        PlaceError: if the path is a URL that cannot be one.
    """
    return urls.parse_place(os.fspath(path))


def places(named: Mapping[str, AnyPath]) -> dict[str, urls.Place]:
    """Where paths lead, by their names.

    Raises:
        PlaceError: if a path is a URL that cannot be one.
    """
    return {name: place(path) for name, path in named.items()}


def shared(path: AnyPath) -> Path:
    """A path that many workers share.

    Raises:
        PlaceError: if the path is a URL.
    """
    found = place(path)
    if not isinstance(found, Path):
        raise errors.PlaceError(
            f"{found} is a URL, and workers read files: mount the bucket on all of them, and give "
            "that path."
        )
    return found
