# pyright: strict
"""`jaxswap evaluate`: runs and finished videos -> report."""

import dataclasses
import itertools
import sys
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config
from jaxswap.cli import pairs
from jaxswap.cli.command import Command
from jaxswap.cli.options import From, Place, To
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import EvaluationReport

PLAIN_WIDTH = 200  # characters of the table where there is no terminal


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluate(Command):
    """Measure a run, or finished videos of any tool beside the footage that they were made of.

    Writes report.html (one page with pictures and plots), report.json and CSV tables.

    Example: jaxswap evaluate --run runs/ab --footage anna-new.mp4 --from a --to b --out report

    Example: jaxswap evaluate --compare ours=1.mp4 theirs=2.mp4 --reference anna.mp4 --out report
    """

    out: Place
    """Folder of the new report."""
    run: Annotated[Place | None, tyro.conf.arg(metavar="RUN", help_behavior_hint="")] = None
    """Run folder of a trained model, to be measured on its validation chips."""
    footage: Annotated[Place | None, tyro.conf.arg(metavar="FOOTAGE", help_behavior_hint="")] = None
    """Video or folder of images that the run converts, to be measured; name --from and --to."""
    compare: Annotated[
        tuple[tuple[str, ...], ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(metavar="NAME=VIDEO", help_behavior_hint="(several, repeatable)"),
    ] = ()
    """Finished videos or folders of images, each with a name for it; a run folder is converted
    first."""
    reference: Annotated[Place | None, tyro.conf.arg(metavar="FOOTAGE", help_behavior_hint="")] = (
        None
    )
    """The footage that the videos of --compare were made of."""
    from_identity: From = None
    """Identity in the footage, whose face is replaced."""
    to_identity: To = None
    """Identity whose face is put on it."""
    identity: Annotated[
        tuple[tuple[str, ...], ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(metavar="NAME=FACESET", help_behavior_hint="(several, repeatable)"),
    ] = ()
    """Pictures of --from and --to, for the identity distance; a run has them already."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = config.ConvertConfig()
    faces: config.FacesConfig = config.FacesConfig()

    def __post_init__(self) -> None:
        named = [value is not None for value in (self.from_identity, self.to_identity)]
        if (self.run is None) == (not self.compare):
            raise ValueError("Give either --run RUN or --compare NAME=VIDEO with --reference.")
        if self.run is not None and any(named) + (self.footage is not None) not in (0, 2):
            raise ValueError("--footage, --from and --to go together: give all three or none.")
        if any(named) and not all(named):
            raise ValueError("--from and --to go together: give both or none.")
        if bool(self.compare) != (self.reference is not None) or (self.compare and self.footage):
            raise ValueError("--compare and --reference go together, without --footage.")
        if "footage" in self._candidates():
            raise ValueError("The footage itself is named 'footage': give the video another name.")
        unknown = self._facesets().keys() - {self.from_identity, self.to_identity}
        if unknown:
            raise ValueError(
                f"--identity {min(unknown)} is neither --from nor --to: name the same identities."
            )

    def call(self, events: Events) -> "EvaluationReport":
        swap = None
        if self.from_identity is not None and self.to_identity is not None:
            swap = (self.from_identity, self.to_identity)
        return jaxswap.evaluate(
            self._candidates(),
            self.out,
            footage=self.reference if self.run is None else self.footage,
            swap=swap,
            identities=self._facesets(),
            options=self.options,
            faces=self.faces,
            events=events,
        )

    def show(self, report: "EvaluationReport") -> None:
        from rich import console

        from jaxswap.evaluation import tables

        width = None if sys.stdout.isatty() else PLAIN_WIDTH
        out = console.Console(width=width, highlight=False)
        out.print(tables.terminal(report.candidates, report.figures))
        for note in report.notes:
            print(note)
        print(report.path)

    def _candidates(self) -> dict[str, str]:
        if self.run is None:
            return pairs.named(itertools.chain(*self.compare))
        return {pairs.name_of(self.run) or "run": self.run}

    def _facesets(self) -> dict[str, str]:
        return pairs.named(itertools.chain(*self.identity))
