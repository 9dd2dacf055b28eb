# pyright: strict
"""Types of options that several commands have."""

from typing import Annotated

import tyro

from jaxswap.places import urls


def _checked(place: str) -> str:
    urls.parse_place(place)
    return place


Place = Annotated[
    str,
    tyro.constructors.PrimitiveConstructorSpec[str](
        nargs=1,
        metavar="PATH",
        instance_from_str=lambda args: _checked(args[0]),
        is_instance=lambda instance: isinstance(instance, str),
        str_from_instance=lambda instance: [instance],
    ),
]
"""A local path, or a URL such as gs://bucket/folder or s3://bucket/clip.mp4."""

From = Annotated[str | None, tyro.conf.arg(name="from", metavar="NAME", help_behavior_hint="")]
"""The option `--from`."""

To = Annotated[str | None, tyro.conf.arg(name="to", metavar="NAME", help_behavior_hint="")]
"""The option `--to`."""

Beam = Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(help_behavior_hint="")]
"""The option `--beam`, which may be given many times."""
