"""From a command line to a command: a frozen dataclass with a call that returns the exit code.

Only the module of the named command is imported, so that `jaxswap train --help` is fast.
"""

import contextlib
import functools
import importlib
import io
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from jaxswap import errors, names
from jaxswap.cli import commands
from jaxswap.cli.commands import COMMANDS


def parse(argv: Sequence[str]) -> Callable[[], int]:
    """The command that `argv` (without the program's name) asks for.

    Raises:
        UsageError: if it asks for nothing that exists, or for values that are refused.
        PlaceError: if it names a URL that cannot be one.
        SystemExit: with 0, after a help text was printed.
    """
    if not argv:
        raise errors.UsageError(f"Name a command: {', '.join(COMMANDS)}. (jaxswap --help)")
    name = argv[0]
    if name in ("-h", "--help"):
        print(commands.overview())
        raise SystemExit(0)
    if name not in COMMANDS:
        raise errors.UsageError(names.unknown("command", name, COMMANDS))
    command = load(name)
    arguments = list(argv[1:])
    if name == "train":
        command = _with_preset(command, _last_value(arguments, "--preset") or "quick")
    return _tyro(command, arguments, prog=f"jaxswap {name}")


def load(name: str) -> Any:
    """The class of the command `name`."""
    module = importlib.import_module(f"jaxswap.cli.{name.replace('-', '_')}")
    return getattr(module, COMMANDS[name].class_name)


def _with_preset(command: Any, name: str) -> Any:
    """`command` with the preset's values as the defaults that options then change."""
    from jaxswap import presets

    try:
        return functools.partial(command, configuration=presets.named(name))
    except ValueError as error:
        raise errors.UsageError(str(error)) from error


def _tyro(command: Any, arguments: list[str], *, prog: str) -> Any:
    """`tyro.cli`, with what it says about a wrong option in one line."""
    import tyro  # here, so that the overview of the commands does without

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(
                command,
                args=arguments,
                prog=prog,
                config=(tyro.conf.AvoidSubcommands,),  # the preset says which parts a model has
            )
    except ValueError as error:  # a value that its configuration refuses
        raise errors.UsageError(f"{with_options(str(error), arguments)} ({prog} --help)") from error
    except SystemExit as stop:
        if not stop.code:
            raise
        for argument in arguments:
            if re.match("-[^-]", argument) and os.path.exists(argument):
                raise errors.UsageError(
                    f"{argument} begins with a dash, as options do. Write ./{argument}."
                ) from stop
        line = with_options(one_line(said.getvalue()), arguments)
        raise errors.UsageError(f"{line} ({prog} --help)") from stop


def _last_value(arguments: Sequence[str], option: str) -> str | None:
    """The value that `--option VALUE` or `--option=VALUE` gives, the last if there are many."""
    found = None
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{option}="):
            found = argument.partition("=")[2]
        elif argument == option and index + 1 < len(arguments):
            found = arguments[index + 1]
    return found


def with_options(message: str, arguments: Sequence[str]) -> str:
    """A message of a configuration, with the options that were given in place of its fields.

    Args:
        message: names fields, as in "`min_score` must be".
        arguments: those of the command line, as in "--faces.min-score=2".
    """
    given = [argument.partition("=")[0] for argument in arguments if argument.startswith("--")]
    options = {name.lstrip("-").split(".")[-1].replace("-", "_"): name for name in given}

    def option(match: re.Match[str]) -> str:
        return options.get(match[1].replace("-", "_"), match[0])

    return re.sub(r"`([a-z0-9_]+)`", option, message)


def one_line(box: str) -> str:
    """A framed message of tyro as one line: the message, and the options it names.

    tyro prints a frame of many lines or, with `console_outputs=False`, nothing; no other way gives
    the nearest options. The frame's title repeats the message and the help texts of options are for
    `--help`, so both go. Text without a frame comes back joined.
    """
    rows = [row.strip() for row in box.splitlines()]
    inside = [row.strip("│ ").strip() for row in rows if row.startswith("│")]
    if not inside:
        return " ".join(box.split())
    sections: list[list[str]] = [[]]
    for row in inside:
        if re.fullmatch("─+", row):
            sections.append([])
        elif row:
            sections[-1].append(row)
    parts: list[str] = []
    for section in sections:
        if section and section[0].startswith(("For full helptext", "Argument helptext")):
            continue
        parts.append(" ".join(_named_options(section)))
    line = ". ".join(part.rstrip(".") for part in parts if part) + "."
    return re.sub(r"^Error parsing [\w.]+: ", "", line)  # a class or field is no word of the user's


def _named_options(section: list[str]) -> list[str]:
    """The rows of a section; of a list of options ("...:" and then "--name") only the names."""
    if not section or not section[0].endswith(":"):
        return section
    options = [row.split()[0].rstrip(",") for row in section[1:] if row.startswith("--")]
    return [section[0], ", ".join(options)] if options else section
