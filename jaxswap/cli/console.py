# pyright: strict
"""Progress and lines on standard error: a bar on a terminal, else a line every few seconds."""

import time
from typing import Protocol

from rich import console, progress

from jaxswap.events import Events, Progress

LINE_EVERY_S = 10.0  # a log file needs a sign of life, not a bar
LONG_S = 2.0  # what took longer says at its end how long


class ConsoleEvents(Events):
    """Draws while its `with` block runs, one piece of work at a time."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self._console = console.Console(
            stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False
        )
        self._drawing: _Drawing | None = None
        self._latest: Progress | None = None

    def __enter__(self) -> "ConsoleEvents":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Take the bar away, leave the lines."""
        self._end(well=kind is None)

    def progress(self, progress: Progress) -> None:
        """Draw how far it is; another task, or the same anew, ends what was drawn before."""
        latest = self._latest
        if latest is None or progress.task != latest.task or progress.done < latest.done:
            self._end(well=True)
            terminal = self._console.is_terminal
            self._drawing = (_Bar if terminal else _Lines)(self._console, progress)
        self._latest = progress
        if self._drawing is not None:
            self._drawing.update(progress)

    def message(self, line: str) -> None:
        """Print a line of its own, above the bar."""
        self._console.print(line)

    def _end(self, *, well: bool) -> None:
        if self._drawing is not None:
            self._drawing.end(well=well)
        self._drawing = self._latest = None


class _Drawing(Protocol):
    def update(self, now: Progress) -> None: ...

    def end(self, *, well: bool) -> None: ...


class _Bar:
    def __init__(self, err: console.Console, first: Progress) -> None:
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[said]}", markup=False),
            progress.TimeRemainingColumn(),
            console=err,
        )
        self._task = self._bar.add_task(
            first.task, total=first.total, completed=first.done, said=first.unit
        )
        self._bar.start()

    def update(self, now: Progress) -> None:
        speed = self._bar.tasks[0].speed
        said = [*([f"{speed:.1f}/s"] if speed else []), *filter(None, [now.note])]
        self._bar.update(self._task, completed=now.done, said=f"{now.unit} {', '.join(said)}")

    def end(self, *, well: bool) -> None:
        self._bar.stop()


class _Lines:
    def __init__(self, err: console.Console, first: Progress) -> None:
        self._console = err
        self._begin, self._latest = first, first
        self._begin_s = self._latest_s = self._line_s = time.monotonic()
        self._first_s: float | None = None  # what comes before it is compiling and loading

    def update(self, now: Progress) -> None:
        self._latest, self._latest_s = now, time.monotonic()
        if now.done > self._begin.done and self._first_s is None:
            self._first_s = self._latest_s
        counted = now.done - self._begin.done - 1
        if self._first_s is None or counted < 1 or self._latest_s - self._line_s < LINE_EVERY_S:
            return
        self._line_s = self._latest_s
        rate = counted / (self._latest_s - self._first_s)
        said = [f"{now.done}/{now.total or '?'} {now.unit}", f"{rate:.1f}/s"]
        said += filter(None, [now.note])
        if now.total:
            said.append(f"{max(now.total - now.done, 0) / rate:.0f} s left")
        self._console.print(f"{now.task}: {', '.join(said)}")

    def end(self, *, well: bool) -> None:
        done, seconds = self._latest.done - self._begin.done, self._latest_s - self._begin_s
        if well and done and seconds >= LONG_S:
            self._console.print(
                f"{self._latest.task}: {done} {self._latest.unit} in {seconds:.1f} s, "
                f"{done / seconds:.1f}/s"
            )
