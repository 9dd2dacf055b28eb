"""What a run tells while it trains: metrics, previews and events, from the first host alone."""

import time
from contextlib import AbstractContextManager

import jax
import numpy as np

from jaxswap import images, runs
from jaxswap.events import SILENT, Events, Progress
from jaxswap.training import metrics, previews, sharding, starvation, state
from jaxswap.training import step as training_step


class Reporter:
    """Reads values only of steps before, so that the device never waits for the host."""

    def __init__(
        self, run: runs.Run, start: int, validation: previews.Validation, *, events: Events
    ):
        self._run = run
        self._start = start
        self._validation = validation
        self._pending: list[training_step.Metrics] = []
        first = jax.process_index() == 0
        self._events = events if first else SILENT
        self._writer = metrics.Writer(run.path, step=start) if first else None
        self._meter = starvation.Meter()
        self._begin = time.monotonic()
        self._loss = ""
        self._starved = ""
        self._has_hinted = False
        self._tell_progress(start)

    def say(self, line: str) -> None:
        """A line of its own."""
        self._events.message(line)

    def loading(self) -> AbstractContextManager[None]:
        """Around the drawing of a batch, and its way to the devices."""
        return self._meter.loading()

    def after_step(self, done: int, values: training_step.Metrics) -> bool:
        """Wait for the step before this one, so that the device stays one step ahead.

        Returns:
            Whether that step was finite.
        """
        self._meter.started(values["loss"])
        train = self._run.config.train
        finite = True
        if self._pending:
            loss = float(self._pending[-1]["loss"])
            finite = bool(np.isfinite(loss + float(self._pending[-1]["gradient_norm"])))
            self._loss = f"loss {loss:.4f}"
        rate = self._rate(done)
        self._tell_progress(done, f"{rate:.0f} images/s")
        if self._pending and (done - 1) % train.log_every == 0:
            self._log(done - 1, rate)
        self._pending.append(values)
        return finite

    def preview(self, done: int, current: state.TrainState) -> None:
        """Draw a preview, where one is due."""
        if done % self._run.config.train.preview_every == 0:
            self._preview(done, current)

    def finish(self, done: int, current: state.TrainState, *, stopped: bool) -> None:
        """The last report and preview, and a word on what to do next.

        After a stop nothing is drawn: who stops a training may end it the hard way soon.
        """
        if self._pending:
            self._log(done, None)
        if not stopped:
            self._preview(done, current)
        if stopped:
            self.say(
                f"Stopped at step {done} of {self._run.config.steps}; all is saved. "
                "Run the same command again to go on."
            )
        else:
            self.say(f"Trained to step {done}.")

    def close(self) -> None:
        """Close the files."""
        self._meter.close()
        if self._writer is not None:
            self._writer.close()

    def _rate(self, done: int) -> float:
        """Images a second since the first step, which compiles and says nothing of the next."""
        now = time.monotonic()
        if done == self._start + 1:
            self._begin = now
        images_per_step = self._run.config.train.batch_size * len(self._run.identities)
        return (done - self._start - 1) * images_per_step / max(now - self._begin, 1e-9)

    def _tell_progress(self, done: int, pace: str = "") -> None:
        self._events.progress(
            Progress(
                task="Training",
                done=done,
                total=self._run.config.steps,
                unit="steps",
                note=", ".join(filter(None, [self._loss, pace, self._starved])),
            )
        )

    def _log(self, step: int, rate: float | None) -> None:
        reports = jax.device_get(self._pending)
        self._pending.clear()
        means = {name: float(np.mean([r[name] for r in reports])) for name in reports[0]}
        pace = {"starvation": self._meter.share()}
        if rate is not None:
            pace["images_per_s"] = rate
        self._tell_starvation(pace["starvation"])
        if self._writer is not None:
            self._writer.write(step, means | pace)

    def _tell_starvation(self, share: float) -> None:
        self._starved = f"{share:.0%} waiting for batches" if share > starvation.SHOWN else ""
        if share > starvation.HIGH and not self._has_hinted:
            self._has_hinted = True
            self.say(
                f"The devices waited {share:.0%} of the last {self._run.config.train.log_every} "
                f"steps for batches: {starvation.REMEDY}."
            )

    def _preview(self, step: int, current: state.TrainState) -> None:
        params = sharding.local_copy(current.params if current.ema is None else current.ema)
        if self._writer is None:
            return
        picture = previews.grid(params, self._run.config, self._run.identities, self._validation)
        images.write_png(self._run.path / "previews" / f"{step:08d}.png", picture)
        images.write_png(self._run.path / "preview.png", picture)
        self._writer.write_picture(step, "preview", picture)
        self._events.picture("preview", picture)
