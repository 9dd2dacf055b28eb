"""A process beside a training that says what happened if that one is ended from within by JAX.

When the first host is gone, JAX ends the process in C++ before Python can say a word. This file runs
as a program without any package: it reads from its input, and says its last words unless it was
told that the end is in order.
"""

import signal
import subprocess
import sys
from types import TracebackType
from typing import IO

IN_ORDER = "in order"


class Herald:
    """Speaks after this process, unless `dismiss` was called."""

    def __init__(self, last_words: str) -> None:
        """Start it, before JAX takes signals and threads for itself.

        Args:
            last_words: one line.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, last_words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> "Herald":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.dismiss()

    def dismiss(self) -> None:
        """Let it go without a word; again does nothing."""
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return
        try:
            pipe.write(IN_ORDER)
            pipe.close()
        except BrokenPipeError:  # it was killed
            pass
        self._process.wait()


def main(last_words: str, pipe: IO[str]) -> None:
    """Wait for the end of the input, then speak."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the training
    if pipe.read() != IN_ORDER:
        sys.stderr.write(f"jaxswap: {last_words}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
