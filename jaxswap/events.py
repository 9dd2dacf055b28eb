"""What a caller of the library hears while it works, and how the caller says stop.

The library neither prints nor draws. It calls an `Events` object, which the command line turns into
bars and lines, and a test into a list.
"""

import dataclasses
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, TypeVar

from jaxswap import errors

if TYPE_CHECKING:
    from jaxswap import types

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a piece of work is."""

    task: str
    """What is being done, in a few words."""
    done: int
    """Items that are done."""
    total: int | None
    """Items that there will be, if that is known."""
    unit: str
    """What an item is, in the plural."""
    note: str = ""
    """What else there is to say at the moment, in a few words."""


def _nothing() -> str:
    return ""


class Events:
    """Hears nothing and never stops; subclasses override what they want to hear.

    A function calls its methods in the thread in which it was called itself. Two call them from a
    thread of their own, since they cannot wait: work on many segments, and the upload of a run.
    """

    def progress(self, progress: Progress) -> None:
        """A piece of work begins, or another item of one is done."""

    def message(self, line: str) -> None:
        """Something that the user should know, in one line."""

    def picture(self, name: str, picture_u8: "types.ImageU8") -> None:
        """A picture worth looking at; a later one of the same name replaces the former."""

    def should_stop(self) -> bool:
        """Whether to stop. A training saves a checkpoint first; all else leaves nothing behind."""
        return False

    def counted(
        self,
        items: Iterable[T],
        task: str,
        *,
        total: int | Callable[[], int | None] | None = None,
        unit: str = "frames",
        note: Callable[[], str] = _nothing,
    ) -> Generator[T, None, None]:
        """Yield `items`, and tell how many are done: before the first, and after each.

        Args:
            items: what is counted, one by one.
            task: what is being done, in a few words.
            total: how many will come, if that is known, or what says so each time.
            unit: what one item is, in the plural.
            note: gives what else there is to say at the moment, in a few words.

        Raises:
            Stopped: if the caller wants to stop.
        """
        known = total if callable(total) else lambda: total
        self.progress(Progress(task=task, done=0, total=known(), unit=unit))
        for done, item in enumerate(items, 1):
            yield item
            self.progress(Progress(task=task, done=done, total=known(), unit=unit, note=note()))
            if self.should_stop():
                raise errors.Stopped


SILENT = Events()
"""Hears nothing."""
