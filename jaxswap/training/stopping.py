"""Ctrl-C, SIGTERM, SIGHUP and the caller's word as a wish to stop after the step.

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

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


def _heard() -> list[signal.Signals]:
    """The signals, without those that the process was started to ignore, as `nohup` does."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """SIGTERM and SIGHUP end what runs here as Ctrl-C does: there is nothing to save yet.

    A program that has handlers of its own keeps them.

    Raises:
        Terminated: where one of them met the main thread.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        raise errors.Terminated(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    plain = [number for number in _heard() if signal.getsignal(number) is signal.SIG_DFL]
    for number in plain:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number in plain:
            signal.signal(number, signal.SIG_DFL)


class StopRequest:
    """While it is entered and the training has begun, a signal only sets a flag.

    Before there is a first step to save, signals do what they did outside. SIGTERM may come many
    times, as schedulers send it; a second Ctrl-C means it.
    """

    def __init__(self, *, events: Events = SILENT) -> None:
        """Nothing is requested yet.

        Args:
            events: of the caller, who may want to stop as well.
        """
        self._events = events
        self._requested = False
        self._has_begun = False
        self._steps = 0
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        # Over many hosts SIGTERM belongs to JAX, which agrees on one step for all of them; the
        # others are passed on as that.
        wanted = _heard()
        if jax.process_count() > 1:
            wanted = [number for number in wanted if number != signal.SIGTERM]
        if threading.current_thread() is threading.main_thread():
            for number in wanted:
                self._former[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former.clear()

    def begin(self) -> None:
        """From now on there is something to save."""
        self._has_begun = True

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
        former = self._former.get(signal.Signals(number))
        if not self._has_begun and jax.process_count() == 1 and callable(former):
            former(number, frame)
            return
        if self._requested and number == signal.SIGINT:
            for other, handler in self._former.items():
                signal.signal(other, handler)
            raise KeyboardInterrupt
        self._request()

    def _request(self) -> None:
        if not self._requested and jax.process_count() > 1:
            os.kill(os.getpid(), signal.SIGTERM)
        self._requested = True
