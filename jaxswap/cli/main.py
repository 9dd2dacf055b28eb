"""The console script: parse, call one command, turn what went wrong into one line.

Exit codes: 0 well, 1 something that the user can fix, 2 a wrong command line, 130 Ctrl-C, 143
SIGTERM, 129 SIGHUP, and 75 (EX_TEMPFAIL of sysexits.h) where a command was stopped that goes on
when it is started again.
"""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence

from jaxswap import errors
from jaxswap.cli import environment, interrupts, refusals, streams


def main() -> int:
    """Run the command line of this process and return its exit code."""
    streams.prepare()
    voice = refusals.Voice()
    voice.take_threads()
    warnings.simplefilter("ignore")  # of libraries; what users should know, the commands print
    logging.disable(logging.CRITICAL)
    with interrupts.Interrupts() as signals:
        try:
            environment.prepare(sys.argv[1:], os.environ)
            code = run(sys.argv[1:], signals=signals, voice=voice)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader of our output left, as `head` does: nobody to tell
            streams.abandon(sys.stdout)
            return 1
        except OSError as error:  # of the flush
            streams.abandon(sys.stdout)
            voice.say(f"Standard output cannot be written: {error.strerror or error}.")
            return 1
        signals.leave(code)
        return code


def run(
    argv: Sequence[str],
    *,
    signals: interrupts.Interrupts | None = None,
    voice: refusals.Voice | None = None,
) -> int:
    """Parse `argv` (without the program's name), call its command, return the exit code.

    Args:
        argv: the words of the command line.
        signals: hears whether the command goes on where it was, and that its end was told.
        voice: says what went wrong.
    """
    signals, voice = signals or interrupts.Interrupts(), voice or refusals.Voice()
    try:
        return _obey(argv, signals)
    except errors.UsageError as error:
        voice.say(str(error))
        return 2
    except errors.JaxswapError as error:
        voice.say(str(error))
    except KeyboardInterrupt as stop:
        number = stop.number if isinstance(stop, errors.Terminated) else signal.SIGINT
        line, code = interrupts.ending(number, goes_on=signals.goes_on)
        signals.is_told = True
        voice.say(line)
        return code
    except Exception as error:
        line = refusals.line(error)
        if line is None:
            raise
        voice.say(line)
    return 1


def _obey(argv: Sequence[str], signals: interrupts.Interrupts) -> int:
    from jaxswap.cli import parsing  # it takes a while, in which a signal may come

    try:
        command = parsing.parse(argv)
    except errors.PlaceError as error:
        raise errors.UsageError(str(error)) from error
    except SystemExit:  # a help text was printed
        return 0
    signals.goes_on = getattr(command, "goes_on", False)
    return command()
