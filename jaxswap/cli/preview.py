# pyright: strict
"""`jaxswap preview`: run -> picture of what the model does."""

import dataclasses
from typing import TYPE_CHECKING

import jaxswap
from jaxswap.cli.command import Command
from jaxswap.cli.options import Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import PreviewReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview(Command):
    """Draw validation chips beside what the model makes of them, by every decoder.

    Of two identities: a, a->a, a->b, b, b->b, b->a.

    Example: jaxswap preview --run runs/anna-ben --out preview.png
    """

    run: Place
    """Run folder of the trained model."""
    out: Place
    """Picture to write (.png)."""

    def call(self, events: Events) -> "PreviewReport":
        return jaxswap.preview(self.run, self.out, events=events)

    def show(self, report: "PreviewReport") -> None:
        print(f"{report.path}: step {report.step}")
