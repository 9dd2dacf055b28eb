"""The type of options that take a local path or a URL."""

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
