"""The console script: parse, call one command, turn what went wrong into one line.

Exit codes: 0 well, 1 something that the user can fix, 2 a wrong command line, 130 Ctrl-C, 143
SIGTERM, 129 SIGHUP, and 75 (EX_TEMPFAIL of sysexits.h) where a command was stopped that goes on
when it is started again.
"""

import errno
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence

from jaxswap import errors
from jaxswap.cli import environment, interrupts, streams

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
    errno.ENAMETOOLONG: "The name is too long for this disk: choose a shorter one",
    errno.ELOOP: "Links lead in a circle: check the path",
    errno.EINVAL: "This disk does not take that name or file: choose another place",
    errno.EIO: "The disk does not answer as it should: choose another one",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n)",
    errno.ENOMEM: "The memory is used up: close other programs",
}


def main() -> int:
    """Run the command line of this process and return its exit code."""
    streams.prepare()
    warnings.simplefilter("ignore")  # of libraries; what users should know, the commands print
    logging.disable(logging.WARNING)
    with interrupts.Interrupts() as signals:
        try:
            environment.prepare(sys.argv[1:], os.environ)
            code = run(sys.argv[1:], signals)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader of our output left, as `head` does: nobody to tell
            streams.abandon(sys.stdout)
            return 1
        except OSError as error:  # of the flush
            streams.abandon(sys.stdout)
            return _say(f"Standard output cannot be written: {error.strerror or error}.")
        signals.leave(code)
        return code


def run(argv: Sequence[str], signals: interrupts.Interrupts | None = None) -> int:
    """Parse `argv` (without the program's name), call its command, return the exit code.

    Args:
        argv: the words of the command line.
        signals: hears whether the command goes on where it was, and that its end was told.
    """
    signals = signals or interrupts.Interrupts()
    try:
        return _obey(argv, signals)
    except errors.JaxswapError as error:
        return _say(str(error))
    except KeyboardInterrupt as stop:
        number = stop.number if isinstance(stop, errors.Terminated) else signal.SIGINT
        line, code = interrupts.ending(number, goes_on=signals.goes_on)
        signals.is_told = True
        return _say(line, code=code)
    except Exception as error:
        line = _system_line(error)
        if line is None:
            raise
        return _say(line)


def _obey(argv: Sequence[str], signals: interrupts.Interrupts) -> int:
    from jaxswap.cli import parsing  # it takes a while, in which a signal may come

    try:
        command = parsing.parse(argv)
    except (parsing.UsageError, errors.PlaceError) as error:
        return _say(str(error), code=2)
    except SystemExit:  # a help text was printed
        return 0
    signals.goes_on = getattr(command, "goes_on", False)
    return command()


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
        for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            if os.strerror(code) in str(link):
                return f"{_REMEDIES[code]}. What was complete before is as it was."
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
