# pyright: strict
"""`jaxswap info`: what a faceset, dataset, run, preset or piece of footage is."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast

import tyro

import jaxswap
from jaxswap import presets
from jaxswap.cli.command import Command
from jaxswap.cli.options import Place
from jaxswap.events import Events


@dataclasses.dataclass(frozen=True, kw_only=True)
class Info(Command):
    """Say what a faceset, dataset, run, preset, video or image is.

    Of a video or image that jaxswap made, it reads the mark that says so.

    Example: jaxswap info runs/anna-ben --json
    """

    path: Annotated[tyro.conf.Positional[Place | None], tyro.conf.arg(metavar="PATH")] = None
    """Faceset, dataset or run folder, or a video or image."""
    preset: Annotated[str | None, tyro.conf.arg(metavar="{" + ",".join(presets.PRESETS) + "}")] = (
        None
    )
    """A preset, with the parameter counts of its parts for two identities."""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.preset is None):
            raise ValueError("Name either a PATH or a --preset.")
        if self.preset is not None:
            presets.named(self.preset)

    def call(self, events: Events) -> dict[str, Any]:
        if self.path is not None:
            return jaxswap.info(self.path)
        return jaxswap.info(presets.named(self.preset or ""))

    def show(self, report: dict[str, Any]) -> None:
        print("\n".join(lines(report)))

    def values(self, report: dict[str, Any]) -> dict[str, Any]:
        return report


def lines(found: Mapping[str, Any], *, indent: str = "") -> Iterator[str]:
    """JSON values as aligned lines of text, with nested parts indented; None is left out.

    Args:
        found: what `jaxswap.info` gave.
        indent: what each line begins with.
    """
    width = max((len(key) for key in found), default=0)
    for key, value in found.items():
        parts = _parts(value)
        for part in parts:
            yield f"{indent}{key}:"
            yield from lines(part, indent=indent + "  ")
        if not parts and value is not None:
            yield f"{indent}{key:<{width}}  {_text(value)}"


def _parts(value: Any) -> list[dict[str, Any]]:
    """The objects that a value is or has; nothing of a plain value."""
    several = cast(list[Any], value) if isinstance(value, list) else [value]
    return [part for part in several if isinstance(part, dict)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, cast(list[Any], value)))
    return str(value)
