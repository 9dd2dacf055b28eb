"""Progress with rate and time left on standard error: a bar on a terminal, else plain lines."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

LINE_EVERY_S = 10.0  # a log file needs a sign of life, not a bar


def _nothing() -> str:
    return ""


def track(
    items: Iterable[T],
    description: str,
    *,
    total: int | None = None,
    unit: str = "frames",
    note: Callable[[], str] = _nothing,
) -> Iterator[T]:
    """Yield `items` and show how far they are.

    Args:
        items: what is counted, one by one.
        description: what is being done, in a word or two.
        total: how many will come, if that is known.
        unit: what one item is, in the plural.
        note: gives what else there is to say at the moment, in a word or two.
    """
    from rich import console, progress

    err = console.Console(stderr=True)
    if not err.is_terminal:
        yield from _lines(items, description, total=total, unit=unit, note=note)
        return
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn(f"{unit} {{task.fields[rate]}}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=err) as bar:
        task = bar.add_task(description, total=total, rate="")
        for item in items:
            yield item
            speed = bar.tasks[task].speed
            said = [*([f"{speed:.1f}/s"] if speed else []), *filter(None, [note()])]
            bar.update(task, advance=1, rate=", ".join(said))


def _lines(
    items: Iterable[T],
    description: str,
    *,
    total: int | None,
    unit: str,
    note: Callable[[], str],
) -> Iterator[T]:
    from rich import console

    err = console.Console(stderr=True, soft_wrap=True, highlight=False)
    start = last = first = time.monotonic()
    count = 0
    for count, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        first = first if count > 1 else now  # what comes before it is compiling and loading
        if now - last >= LINE_EVERY_S and count > 1:
            last = now
            rate = (count - 1) / (now - first)
            said = [f"{count}/{total or '?'} {unit}", f"{rate:.1f}/s", *filter(None, [note()])]
            if total:
                said.append(f"{(total - count) / rate:.0f} s left")
            err.print(f"{description}: {', '.join(said)}")
    seconds = time.monotonic() - start
    if count and seconds >= 2.0:
        err.print(f"{description}: {count} {unit} in {seconds:.1f} s, {count / seconds:.1f}/s")
