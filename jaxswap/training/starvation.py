"""How long the devices had nothing to do because the next batch was not there."""

import contextlib
import time
from collections.abc import Iterator
from concurrent import futures
from typing import Any, Protocol, runtime_checkable

SHOWN = 0.01
"""Share of the time from which it is told."""

HIGH = 0.05
"""Share from which something should be done about it."""

REMEDY = "raise --data.num-threads, or --data.num-workers on many cores, or --data.cache-mb"


@runtime_checkable
class Computed(Protocol):
    """A value that devices may still be working on, as any `jax.Array`."""

    def block_until_ready(self) -> Any:
        """Wait for it."""
        ...


class Meter:
    """Counts the time after the end of a step in which the loop still waits for a batch.

    A batch that is loaded while the devices work on the step before costs nothing and counts for
    nothing. What comes before the first step does not count either.
    """

    def __init__(self) -> None:
        self._watcher = futures.ThreadPoolExecutor(1, thread_name_prefix="end-of-step")
        self._end: futures.Future[float] | None = None
        self._since = 0.0
        self._starved = 0.0

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """While the next batch is drawn and put on the devices."""
        begin = time.monotonic()
        yield
        if self._end is not None and self._end.done():
            self._starved += time.monotonic() - max(begin, self._end.result())

    def started(self, value: Computed) -> None:
        """A step was handed to the devices; `value` is one of its results."""
        if self._end is None:
            self._since = time.monotonic()
        self._end = self._watcher.submit(_end_of, value)

    def share(self) -> float:
        """Share of the time since the last call, or since the first step, in [0, 1]."""
        now = time.monotonic()
        starved = self._starved / max(now - self._since, 1e-9)
        self._since, self._starved = now, 0.0
        return min(starved, 1.0)

    def close(self) -> None:
        """End the thread that watches for the ends of steps."""
        self._watcher.shutdown()


def _end_of(value: Computed) -> float:
    value.block_until_ready()
    return time.monotonic()
