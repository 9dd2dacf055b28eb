# pyright: strict
"""`jaxswap demo`: the main job on the embedded footage."""

import dataclasses
import shlex
from pathlib import Path

from jaxswap import errors
from jaxswap.cli import parsing
from jaxswap.cli.command import Command
from jaxswap.cli.options import Place
from jaxswap.demo import job
from jaxswap.events import Events
from jaxswap.places import urls


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoReport:
    """What the demo made."""

    made: tuple[Path, ...]
    """The video, the preview and the page; nothing if the demo was stopped."""
    code: int
    """The exit code of the command that stopped it, or 0."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demo(Command):
    """Extract, train, convert and evaluate on embedded footage of two synthetic people.

    Each command is shown before it runs. A demo that was stopped goes on where it was.

    Example: jaxswap demo --out demo-output
    """

    goes_on = True

    out: Place = "demo-output"
    """Folder for everything that the demo makes."""

    def call(self, events: Events) -> DemoReport:
        place = urls.parse_place(self.out)
        if not isinstance(place, Path):
            raise errors.PlaceError(f"{place} is a URL, and the demo writes a local folder.")
        stages = job.stages(place)
        ran = False
        for stage in stages:
            command = f"$ jaxswap {shlex.join(stage.argv)}"
            if stage.makes.exists() and not (ran and stage.follows):
                print(f"{command}\n  is done already: {stage.makes}", flush=True)
                continue
            print(command, flush=True)
            ran, code = True, 1
            try:
                code = parsing.parse(stage.argv)()
            finally:
                if code or not stage.makes.exists():
                    again = shlex.join(["jaxswap", "demo", "--out", self.out])
                    events.message(f"The demo stopped here. To go on: {again}")
            if code or not stage.makes.exists():
                return DemoReport(made=(), code=code or 1)
        preview, video, report = (stage.makes for stage in stages[-3:])
        return DemoReport(made=(video, preview, report / "report.html"), code=0)

    def show(self, report: DemoReport) -> None:
        for what, path in zip(("video", "preview", "report"), report.made, strict=False):
            print(f"The {what}:".ljust(13) + str(path))

    def code(self, report: DemoReport) -> int:
        return report.code
