"""What a training says when JAX ends its process, told by a second process.

When the first host is gone, JAX ends the process in C++, before Python can say a word. So this file
runs as a program beside it, without any package. Each line of its input replaces the words before;
an empty line leaves nothing to say. When the input ends, the program writes the words to standard
error: no `Events` object lives any more that could hear them.
"""

import contextlib
import signal
import subprocess
import sys
from typing import IO


class LastWords:
    """Are written to standard error when this process ends, unless `dismiss` was called."""

    def __init__(self, last_words: str) -> None:
        """Start the second process.

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

    def __enter__(self) -> "LastWords":
        return self

    def __exit__(self, *raised: object) -> None:
        self.dismiss()

    def change(self, last_words: str) -> None:
        """Replace the words, by one line."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(BrokenPipeError):  # it was killed
                pipe.write(f"{last_words}\n")
                pipe.flush()

    def dismiss(self) -> None:
        """End the second process without a word; a second call does nothing."""
        self.change("")
        self._process.communicate()


def main(pipe: IO[str]) -> None:
    """Wait for the end of the input, then write the last words."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the training
    last_words = ""
    for line in pipe:
        last_words = line.strip()
    if last_words:
        sys.stderr.write(f"jaxswap: {last_words}\n")


if __name__ == "__main__":
    main(sys.stdin)
