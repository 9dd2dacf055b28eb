"""The type of options that take a local path or a URL."""

from pathlib import Path
from typing import Annotated

import tyro

from jaxswap.places import urls

Place = Annotated[
    urls.Place,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="PATH",
        instance_from_str=lambda args: urls.parse_place(args[0]),
        is_instance=lambda value: isinstance(value, urls.Place),
        str_from_instance=lambda value: [str(value)],
    ),
]
"""A local path, or a URL such as gs://bucket/folder or s3://bucket/clip.mp4."""


def shared(place: urls.Place) -> Path:
    """A path that many workers share.

    Raises:
        ValueError: if the place is a URL.
    """
    if not isinstance(place, Path):
        raise ValueError(
            f"{place} is a URL, and workers read files: mount the bucket on all of them, and give "
            "that path."
        )
    return place
