"""Sections in processes of their own, which tell what they find as they find it.

A section is a function `module:name(tell, **settings)`. It says what it means to measure, and then
each row as soon as it has it. So a section that fails, hangs or is killed takes nothing with it but
the row it was at, and none of its device's memory is left to the next.
"""

import contextlib
import dataclasses
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks import measuring

ROOT = Path(__file__).parent.parent.parent


class Teller:
    """What a section has to say, as lines of JSON for `say`."""

    def __init__(self, say: Callable[[str], object]):
        self._say = say

    def plan(self, names: Sequence[str]) -> None:
        """The rows that are to come."""
        self._tell("planned", list(names))

    def row(self, name: str, values: Mapping[str, Any]) -> None:
        """One of them, measured."""
        self._tell("row", {"row": name, **values})

    def attempt(self, name: str) -> "Attempt":
        """A block that measures one of them; if it raises, that is told and ends there."""
        return Attempt(self, name)

    def failed(self, reason: str) -> None:
        """Something went wrong, or is not as it should be."""
        self._tell("failed", reason)

    def _tell(self, what: str, value: Any) -> None:
        self._say(json.dumps({what: measuring.plain(value)}))


@dataclasses.dataclass
class Attempt:
    """See `Teller.attempt`."""

    tell: Teller
    name: str

    def __enter__(self) -> None:
        """Nothing is needed before."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        traceback.print_exception(kind, error, trace)
        self.tell.failed(f"{self.name}: {_line(error)}")
        return True


@dataclasses.dataclass
class Found:
    """What a section told.

    Attributes:
        rows: in the order in which they came.
        planned: names of the rows that were to come.
        failed: what went wrong.
        stopped: why it was ended before it was done, or None.
        seconds: how long it took, its start included.
    """

    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    planned: list[str] = dataclasses.field(default_factory=list)
    failed: list[str] = dataclasses.field(default_factory=list)
    stopped: str | None = None
    seconds: float = 0.0

    @property
    def missing(self) -> list[str]:
        """Rows that were planned and did not come."""
        there = {row["row"] for row in self.rows}
        return [name for name in self.planned if name not in there]

    def hear(self, line: str) -> bool:
        """Take a line that a `Teller` said; whether it was one."""
        if not line.startswith("{"):
            return False
        ((what, value),) = json.loads(line).items()
        match what:
            case "planned":
                self.planned += value
            case "row":
                self.rows.append(value)
            case _:
                self.failed.append(value)
        return True


def run(
    function: str,
    *,
    settings: Mapping[str, Any],
    limit_s: float,
    env: Mapping[str, str] | None = None,
    heard: Callable[[Found], object] = lambda found: None,
) -> Found:
    """A section in a process of its own, which is killed when its time is up.

    Args:
        function: `module:name` of the section.
        settings: its options, JSON values.
        limit_s: most seconds that it may take.
        env: what its environment has beside this one's.
        heard: is told what there is after every line.
    """
    found, start = Found(), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, function, json.dumps(settings)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        start_new_session=True,  # so that what it starts itself is killed with it
    )
    with _killed_after(process, limit_s) as killed:
        for line in process.stdout or ():
            if found.hear(line):
                found.seconds = time.monotonic() - start
                heard(found)
        code = process.wait()
    found.seconds = time.monotonic() - start
    if killed.is_set():
        found.stopped = f"its {limit_s:.0f} s were up"
    elif code:
        found.failed.append(f"{function} ended with {code}")
    heard(found)
    return found


@contextlib.contextmanager
def _killed_after(process: subprocess.Popen[str], limit_s: float) -> Iterator[threading.Event]:
    """Kill the process and its children after a time, or when the block ends; whether by time."""
    killed = threading.Event()

    def kill() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def time_is_up() -> None:
        killed.set()
        kill()

    timer = threading.Timer(limit_s, time_is_up)
    timer.start()
    try:
        yield killed
    finally:
        timer.cancel()
        kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no more was said'}"


def main() -> None:
    """Be a section: run the function that is named, with the settings that are given."""
    # What libraries print must not come between: their standard output is the standard error.
    own = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    module, function = sys.argv[1].split(":")
    tell = Teller(lambda line: print(line, file=own, flush=True))
    with tell.attempt(function):
        getattr(importlib.import_module(module), function)(tell, **json.loads(sys.argv[2]))


if __name__ == "__main__":
    main()
