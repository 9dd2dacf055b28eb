"""The console script: parse, call one command, turn what went wrong into one line.

Exit codes: 0 well, 1 something that the user can fix, 2 a wrong command line, 75 (EX_TEMPFAIL of
sysexits.h) a training that was stopped and goes on with the same command, 130 Ctrl-C.
"""

import errno
import logging
import os
import sys
from collections.abc import Iterator, Sequence

from jaxswap import errors
from jaxswap.cli import environment, parsing

_REMEDIES = {
    errno.ENOSPC: "The disk is full: free some space, or write to another disk",
    errno.EDQUOT: "The disk quota is used up: free some space, or write to another disk",
    errno.EFBIG: "The file grew beyond what this disk or process may write: write to another disk",
    errno.EACCES: "No permission: choose a place that you may read and write",
    errno.EPERM: "No permission: choose a place that you may read and write",
    errno.EROFS: "This disk is read-only: choose another place",
    errno.ENOENT: "It does not exist: check the path",
    errno.EEXIST: "Something is in the way: remove it, or choose another place",
    errno.ENOTDIR: "A part of this path is a file, not a folder: check the path",
    errno.EISDIR: "It is a folder, not a file: check the path",
}


def main() -> int:
    """Run the command line of this process and return its exit code."""
    environment.prepare(sys.argv[1:], os.environ)
    logging.disable(logging.WARNING)  # what users should know, the commands print themselves
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output left, as `head` does: nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def run(argv: Sequence[str]) -> int:
    """Parse `argv` (without the program's name), call its command, return the exit code."""
    try:
        command = parsing.parse(argv)
    except (parsing.UsageError, errors.PlaceError) as error:
        return _say(str(error), code=2)
    except SystemExit:  # a help text was printed
        return 0
    try:
        return command()
    except errors.JaxswapError as error:
        return _say(str(error))
    except errors.Terminated:
        return _say("Stopped. The same command goes on.", code=os.EX_TEMPFAIL)
    except KeyboardInterrupt:
        return _say("Stopped. What was complete before is as it was.", code=130)
    except Exception as error:
        line = _system_line(error)
        if line is None:
            raise
        return _say(line)


def _say(message: str, *, code: int = 1) -> int:
    print(f"jaxswap: {' '.join(message.split())}", file=sys.stderr)
    return code


def _system_line(error: BaseException) -> str | None:
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
        for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            if os.strerror(code) in str(link):
                return f"{_REMEDIES[code]}. What was complete before is as it was."
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
