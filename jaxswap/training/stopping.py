"""Ctrl-C, SIGTERM and the caller's word as a wish to stop after the step.

A second Ctrl-C is obeyed at once.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import jax

from jaxswap import errors
from jaxswap.events import SILENT, Events

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """SIGTERM ends what runs here as Ctrl-C does: before a training there is nothing to save.

    Raises:
        Terminated: where SIGTERM met the main thread.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        raise errors.Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


class StopRequest:
    """While it is entered, a signal only sets a flag.

    SIGTERM may come many times, as schedulers send it; a second Ctrl-C means it.
    """

    def __init__(self, *, events: Events = SILENT) -> None:
        """Nothing is requested yet.

        Args:
            events: of the caller, who may want to stop as well.
        """
        self._events = events
        self._requested = False
        self._steps = 0
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        # Over many hosts SIGTERM belongs to JAX, which agrees on one step for all of them; Ctrl-C
        # is passed on as that.
        wanted = SIGNALS if jax.process_count() == 1 else (signal.SIGINT,)
        if threading.current_thread() is threading.main_thread():
            for number in wanted:
                self._former[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former.clear()

    def requested(self) -> bool:
        """Whether to stop after this step, which every host asks once; the same on all hosts."""
        if self._events.should_stop():
            self._request()
        if jax.process_count() > 1:
            from jax.experimental import multihost_utils

            # JAX counts from 0, and agrees on 1 before it was asked the first time: it would never
            # be asked for that in a run that goes on, if it were given the step of the run.
            self._steps += 1
            return multihost_utils.reached_preemption_sync_point(self._steps)
        return self._requested

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._requested and number == signal.SIGINT:
            for former, handler in self._former.items():
                signal.signal(former, handler)
            raise KeyboardInterrupt
        self._request()

    def _request(self) -> None:
        if not self._requested and jax.process_count() > 1:
            os.kill(os.getpid(), signal.SIGTERM)
        self._requested = True
