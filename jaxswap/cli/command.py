# pyright: strict
"""What all commands are: options, which call one function of the library and print its report."""

import abc
import contextlib
import dataclasses
import json
import sys
from typing import Any, ClassVar

import tyro

from jaxswap.events import Events


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command(abc.ABC):
    """A command line that was understood."""

    goes_on: ClassVar[bool] = False
    """Whether the same command goes on where it was, after a signal ended it."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the report as one JSON object, and nothing else on standard output."""

    @abc.abstractmethod
    def call(self, events: Events) -> Any:
        """Call the library, and return its report."""

    @abc.abstractmethod
    def show(self, report: Any) -> None:
        """Print the report for people."""

    def values(self, report: Any) -> dict[str, Any]:
        """The report as JSON values."""
        return dataclasses.asdict(report)

    def code(self, report: Any) -> int:
        """The exit code."""
        return 0

    def __call__(self) -> int:
        """Do it, and return the exit code."""
        from jaxswap.cli import console

        with contextlib.ExitStack() as stack:
            events = stack.enter_context(console.ConsoleEvents())
            if self.json:
                stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            report = self.call(events)
        if self.json:
            print(json.dumps(self.values(report), indent=2, default=str))
        else:
            self.show(report)
        return self.code(report)
