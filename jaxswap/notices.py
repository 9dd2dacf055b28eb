# pyright: strict
"""What a user should know of the files that were read and written, beside the result itself."""

from collections.abc import Iterable

MAX_NAMES = 3  # that a line shows; the rest are counted


class Notices:
    """Lines on what was left out, changed or not read: in order, each once.

    Every reader and writer of a piece of work adds to one of these; the report of the work holds
    them, and the command line prints them at its end. What is missing without a line here is a
    fault of the program.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._named: dict[str, dict[str, None]] = {}

    def add(self, *lines: str) -> None:
        """Add lines, each of which says what happened to which file or stream."""
        for line in lines:
            self._named.setdefault(line, {})

    def add_named(self, line: str, name: str) -> None:
        """Add a line that is the same for many files: it comes once, with their names.

        Args:
            line: says what happened.
            name: of a file to which it happened.
        """
        self._named.setdefault(line, {})[name] = None

    @property
    def lines(self) -> tuple[str, ...]:
        """All that were added."""
        return tuple(
            f"{line}: {shown(names)}" if names else line for line, names in self._named.items()
        )


def shown(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    if len(every) <= MAX_NAMES:
        return ", ".join(every)
    return f"{', '.join(every[:MAX_NAMES])} and {len(every) - MAX_NAMES} more"
