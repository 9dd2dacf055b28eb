"""What a person sees of a run: steps, loss, images a second, time left."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jaxswap import progress
from jaxswap.training import starvation


class TrainingConsole:
    """A bar on a terminal, else a line every few seconds; silent on all hosts but the first."""

    def __init__(self, *, start: int, steps: int, images_per_step: int, quiet: bool):
        self._console = Console(stderr=True, soft_wrap=True, highlight=False, quiet=quiet)
        self._steps = steps
        self._images_per_step = images_per_step
        self._begin = self._last_line = time.monotonic()
        self._start = start
        self._loss = "..."
        self._starved = ""
        self._bar: Progress | None = None
        if self._console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("Training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("loss {task.fields[loss]}"),
                TextColumn("{task.fields[rate]:.0f} images/s{task.fields[starved]}"),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._task = self._bar.add_task(
                "", total=steps, completed=start, loss=self._loss, rate=0.0, starved=""
            )
            self._bar.start()

    def say(self, line: str) -> None:
        """A line of its own."""
        self._console.print(line)

    def report(self, loss: float) -> None:
        """The latest loss; it is shown with the next step."""
        self._loss = f"{loss:.4f}"

    def report_starvation(self, share: float) -> None:
        """The latest share of the time without a batch; it is shown where it matters."""
        self._starved = f", {share:.0%} waiting for batches" if share > starvation.SHOWN else ""

    def advance(self, step: int) -> float:
        """`step` steps are done. Returns images a second since the start."""
        now = time.monotonic()
        if step == self._start + 1:
            self._begin = now  # the first step compiles, which says nothing of the next ones
        done = step - self._start - 1
        rate = done * self._images_per_step / max(now - self._begin, 1e-9)
        if self._bar is not None:
            self._bar.update(
                self._task, completed=step, loss=self._loss, rate=rate, starved=self._starved
            )
        elif done and now - self._last_line >= progress.LINE_EVERY_S:
            self._last_line = now
            left = (self._steps - step) * (now - self._begin) / done
            self.say(
                f"Training: step {step}/{self._steps}, loss {self._loss}, "
                f"{rate:.0f} images/s{self._starved}, {left:.0f} s left"
            )
        return rate

    def close(self) -> None:
        """Take the bar away, leave the lines."""
        if self._bar is not None:
            self._bar.stop()
        sys.stderr.flush()
