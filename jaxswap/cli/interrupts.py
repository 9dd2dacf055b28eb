# pyright: strict
"""Ctrl-C, SIGTERM and SIGHUP as an end of the command that leaves nothing behind.

The first of them is raised in the main thread, so that every `with` block cleans up. A signal that
the process was started to ignore, as `nohup` does with SIGHUP, stays ignored.
"""

import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from jaxswap import errors, partials

GRACE_S = 5.0
"""Seconds for cleaning up. A compiler may keep a thread for minutes, and who sends SIGTERM often
sends SIGKILL ten seconds later."""

_AS_IT_WAS = "What was complete before is as it was."
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


def ending(number: int, *, goes_on: bool) -> tuple[str, int]:
    """What there is to say of a command that a signal ended, and the exit code.

    Args:
        number: of the signal.
        goes_on: whether the same command goes on where it was when it is started again.
    """
    if number == signal.SIGINT:
        return f"Stopped. {_AS_IT_WAS}", 128 + number
    name = signal.Signals(number).name
    if goes_on:
        return f"Stopped by {name}. The same command goes on.", os.EX_TEMPFAIL
    return f"Stopped by {name}. {_AS_IT_WAS}", 128 + number


class Interrupts:
    """While it is entered, each of the signals ends the command, and the process within `GRACE_S`.

    Attributes:
        goes_on: see `ending`.
        is_told: whether somebody has written the line of the end.
    """

    def __init__(self) -> None:
        """Take no signal yet."""
        self.goes_on = False
        self.is_told = False
        self._number: int | None = None
        self._is_raised = False
        self._former: dict[int, Any] = {}
        self._counting = threading.Lock()

    def __enter__(self) -> "Interrupts":
        self._former_hook, sys.unraisablehook = sys.unraisablehook, self._raise_again
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._on_signal)
        self._watch()
        return self

    def __exit__(self, *raised: object) -> None:
        """Take no signal any more, unless one came: then none more is wanted until the end."""
        if self._number is None:
            sys.unraisablehook = self._former_hook
            os.close(signal.set_wakeup_fd(-1))
            for number, handler in self._former.items():
                signal.signal(number, handler)

    def leave(self, code: int) -> None:
        """End the process where a signal ended the command: its `with` blocks have cleaned up.

        Python's own end would wait for threads in which a compiler is at work, or crash with them.
        """
        if self._number is not None:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError):
                    stream.flush()
            os._exit(code)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_raised:
            if number == signal.SIGINT:  # somebody means it
                self._end()
            return  # the first is being obeyed
        self._is_raised = True
        self._count_down(number)
        raise KeyboardInterrupt if number == signal.SIGINT else errors.Terminated(number)

    def _raise_again(self, lost: "sys.UnraisableHookArgs") -> None:
        """Raise a signal again that met the main thread where Python drops every error."""
        if self._number is None or not isinstance(lost.exc_value, KeyboardInterrupt):
            self._former_hook(lost)
            return
        self._is_raised = False
        again = threading.Timer(0.01, os.kill, (os.getpid(), self._number))
        again.daemon = True
        again.start()

    def _watch(self) -> None:
        """Count down from the signal itself: its handler waits while a compiler is at work."""
        told, tell = os.pipe()
        os.set_blocking(tell, False)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        # The signals of a forked process are its own.
        os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))

        def listen() -> None:
            while received := os.read(told, 1):
                number = received[0]
                if signal.getsignal(number) == self._on_signal:  # a training has its own
                    self._count_down(number)
            os.close(told)

        threading.Thread(target=listen, name="signals", daemon=True).start()

    def _count_down(self, number: int) -> None:
        if self._counting.acquire(blocking=False):
            self._number = number
            timer = threading.Timer(GRACE_S, self._end)
            timer.daemon = True
            timer.start()

    def _end(self) -> None:
        """End the process at once, from any thread."""
        line, code = ending(self._number or signal.SIGINT, goes_on=self.goes_on)
        partials.remove_all()
        with contextlib.suppress(OSError):
            if os.isatty(2):
                os.write(2, b"\x1b[?25h\n")  # a bar hides the cursor
            if not self.is_told:
                os.write(2, f"jaxswap: {line}\n".encode())
        os._exit(code)
