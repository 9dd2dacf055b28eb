# pyright: strict
"""Standard input, output and error, whatever state they were given in."""

import io
import os
import sys
from typing import TextIO


def prepare() -> None:
    """Let each of the three lead somewhere, and take every character.

    Where one was closed, the next file that is opened would get its number, and what libraries
    write to standard error would go into that file. A name that is no UTF-8, or has characters that
    the terminal's encoding has not, is written with backslashes.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's own stream may have none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    sys.stderr = Lasting(sys.stderr)


class Lasting(io.TextIOBase):
    """A stream that is silent once it cannot be written: nobody sees progress, the work goes on.

    A terminal may be closed, and the program that reads the lines may end.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write to the stream, if that can be."""
        try:
            return self._stream.write(text)
        except OSError:
            abandon(self._stream)
            return len(text)

    def flush(self) -> None:
        """Flush the stream, if that can be."""
        try:
            self._stream.flush()
        except OSError:
            abandon(self._stream)

    def fileno(self) -> int:
        """The stream's."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The stream's."""
        return self._stream.encoding


def abandon(stream: TextIO) -> None:
    """Let what Python still has to write to a broken stream at its end go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
