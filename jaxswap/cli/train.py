# pyright: strict
"""`jaxswap train`: facesets -> run."""

import dataclasses
import os
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config, presets
from jaxswap.cli import notes, pairs
from jaxswap.cli.command import Command
from jaxswap.cli.hosts import HostOptions
from jaxswap.cli.options import Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import TrainingReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class Train(Command):
    """Train one model for two or more identities, or go on with a run that was stopped.

    Ctrl-C, SIGTERM or SIGHUP saves a checkpoint and stops with exit code 75; the same command goes
    on.

    Example: jaxswap train --identity a=faces/anna --identity b=faces/ben --run runs/anna-ben
    """

    goes_on = True

    identity: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="NAME=FACESET")
    ]
    """An identity: the name you give it, and its faceset (or a built dataset that has it)."""
    run: Place
    """Run folder: data, checkpoints, metrics and previews. All that is written goes here."""
    preset: Annotated[str, tyro.conf.arg(metavar="{" + ",".join(presets.PRESETS) + "}")] = "quick"
    """Configuration to start from; the defaults below are this preset's."""
    configuration: Annotated[config.Config, tyro.conf.arg(name="")] = presets.QUICK
    hosts: HostOptions = HostOptions()

    def __post_init__(self) -> None:
        if len(pairs.named(self.identity)) < 2:
            raise ValueError(
                f"Training needs two or more identities, not {len(self.identity)}: "
                "give --identity NAME=FACESET for each."
            )

    def call(self, events: Events) -> "TrainingReport":
        return jaxswap.train(
            pairs.named(self.identity),
            self.run,
            config=self.configuration,
            hosts=self.hosts.hosts(),
            events=events,
        )

    def show(self, report: "TrainingReport") -> None:
        notes.show(report.notices)
        print(f"The run is {report.path}")

    def code(self, report: "TrainingReport") -> int:
        return os.EX_TEMPFAIL if report.stopped else 0
