# pyright: strict
"""One line for what the system refused, printed once however many threads met it."""

import contextlib
import errno
import os
import sys
import threading
from collections.abc import Iterator

_REMEDIES = {
    errno.ENOSPC: "The disk is full: free some space, or write to another disk",
    errno.EDQUOT: "The disk quota is used up: free some space, or write to another disk",
    errno.EFBIG: "The file grew beyond what this disk or process may write: write to another disk",
    errno.EACCES: "No permission: choose a place that you may read and write",
    errno.EPERM: "No permission: choose a place that you may read and write",
    errno.EROFS: "This disk is read-only: choose another place",
    errno.ENOENT: "It does not exist: check the path",
    errno.EEXIST: "Something is in the way: remove it, or choose another place",
    errno.ENOTEMPTY: "Something is in the way: remove it, or choose another place",
    errno.ENOTDIR: "A part of this path is a file, not a folder: check the path",
    errno.EISDIR: "It is a folder, not a file: check the path",
    errno.ENAMETOOLONG: "The name is too long for this disk: choose a shorter one",
    errno.ELOOP: "Links lead in a circle: check the path",
    errno.EINVAL: "This disk does not take that name or file: choose another place",
    errno.EIO: "The disk does not answer as it should: choose another one",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n)",
    errno.ENOMEM: "The memory is used up: close other programs",
}
_IN_WORDS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def line(error: BaseException) -> str | None:
    """One line for what the system refused, or None if `error` is a fault of the program.

    Libraries wrap a full disk in errors of their own, with the system's words in their text.
    """
    for link in _chain(error):
        if isinstance(link, OSError) and link.errno in _REMEDIES:
            name = f" ({link.filename})" if link.filename else ""
            return f"{_REMEDIES[link.errno]}{name}. What was complete before is as it was."
        if any(kind.__name__ == "FFmpegError" for kind in type(link).__mro__):
            return (
                f"FFmpeg stopped: {link}. Write the video anew: ffmpeg -i VIDEO -c copy NEW.mkv. "
                "What was complete before is as it was."
            )
        for code in _IN_WORDS:
            if os.strerror(code) in str(link):
                return f"{_REMEDIES[code]}. What was complete before is as it was."
    return None


class Voice:
    """Writes lines to standard error, each once.

    A full disk is met by the threads of several libraries, each of which would print a traceback.
    """

    def __init__(self) -> None:
        """Nothing is said yet."""
        self._said: set[str] = set()

    def say(self, message: str) -> None:
        """Write a line, unless it was written before."""
        told = f"jaxswap: {' '.join(message.split())}"
        if told not in self._said:
            self._said.add(told)
            with contextlib.suppress(OSError):  # nobody to tell
                print(told, file=sys.stderr, flush=True)

    def take_threads(self) -> None:
        """From now on, say what the system refuses to threads and at the end of the process."""
        threads, others = threading.excepthook, sys.unraisablehook

        def of_thread(lost: threading.ExceptHookArgs) -> None:
            if not self._takes(lost.exc_value):
                threads(lost)

        def of_others(lost: "sys.UnraisableHookArgs") -> None:
            if not self._takes(lost.exc_value):
                others(lost)

        threading.excepthook, sys.unraisablehook = of_thread, of_others

    def _takes(self, error: BaseException | None) -> bool:
        """Say what the system refused; what follows from something that was said is dropped."""
        found = None if error is None else line(error)
        if found is not None:
            self.say(found)
        return found is not None or (bool(self._said) and isinstance(error, OSError))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
