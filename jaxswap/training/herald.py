"""A process beside a training that says what happened if that one is ended from within by JAX.

When the first host is gone, JAX ends the process in C++ before Python can say a word. This file
runs as a program without any package: each line of its input is what to say at the end instead of
the line before; an empty one is nothing.
"""

import contextlib
import signal
import subprocess
import sys
from types import TracebackType
from typing import IO


class Herald:
    """Speaks after this process, unless `dismiss` was called."""

    def __init__(self, last_words: str) -> None:
        """Start it.

        Args:
            last_words: one line.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self.change(last_words)

    def __enter__(self) -> "Herald":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dismiss()

    def change(self, last_words: str) -> None:
        """Say this instead."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(BrokenPipeError):  # it was killed
                pipe.write(f"{last_words}\n")
                pipe.flush()

    def dismiss(self) -> None:
        """Let it go without a word; again does nothing."""
        self.change("")
        self._process.communicate()


def main(pipe: IO[str]) -> None:
    """Wait for the end of the input, then speak."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the training
    last_words = ""
    for line in pipe:
        last_words = line.strip()
    if last_words:
        sys.stderr.write(f"jaxswap: {last_words}\n")


if __name__ == "__main__":
    main(sys.stdin)
