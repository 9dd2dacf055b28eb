# pyright: strict
"""What a user should know of the files that were read and written, beside the result itself."""


class Notices:
    """Lines on what was left out, changed or not read: in order, each once.

    Every reader and writer of a piece of work adds to one of these; the report of the work holds
    them, and the command line prints them at its end. What is missing without a line here is a
    fault of the program.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: dict[str, None] = {}

    def add(self, *lines: str) -> None:
        """Add lines, each of which says what happened to which file or stream."""
        self._lines.update(dict.fromkeys(lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """All that were added."""
        return tuple(self._lines)
