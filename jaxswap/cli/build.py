# pyright: strict
"""`jaxswap build`: facesets -> dataset."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config
from jaxswap.cli import notes, pairs
from jaxswap.cli.command import Command
from jaxswap.cli.options import Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import BuildReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class Build(Command):
    """Write facesets as one TFDS dataset of ArrayRecord shards. `train` does this by itself.

    Example: jaxswap build a=faces/anna b=faces/ben --out data/anna-ben
    """

    faceset: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FACESET")]
    """Facesets, each as NAME=FACESET, or FACESET to name the identity after the folder."""
    out: Place
    """Folder of the new dataset."""
    data: config.DataConfig = config.DataConfig()

    def __post_init__(self) -> None:
        if not self.faceset:
            raise ValueError("Name one or more facesets.")
        pairs.named_or_folders(self.faceset)

    def call(self, events: Events) -> "BuildReport":
        facesets = pairs.named_or_folders(self.faceset)
        return jaxswap.build(facesets, self.out, data=self.data, events=events)

    def show(self, report: "BuildReport") -> None:
        for name, splits in report.chips.items():
            counts = ", ".join(f"{count} {split}" for split, count in splits.items())
            print(f"{self.out}: {name}, {counts}")
        notes.show(report.notices)
