"""Progress with rate and time left on standard error: a bar on a terminal, else plain lines."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

LINE_EVERY_S = 10.0  # a log file needs a sign of life, not a bar


def track(
    items: Iterable[T], description: str, *, total: int | None = None, unit: str = "frames"
) -> Iterator[T]:
    """Yield `items` and show how far they are.

    Args:
        items: what is counted, one by one.
        description: what is being done, in a word or two.
        total: how many will come, if that is known.
        unit: what one item is, in the plural.
    """
    from rich import console, progress

    err = console.Console(stderr=True)
    if not err.is_terminal:
        yield from _lines(items, description, total=total, unit=unit)
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
            bar.update(task, advance=1, rate=f"{speed:.1f}/s" if speed else "")


def _lines(items: Iterable[T], description: str, *, total: int | None, unit: str) -> Iterator[T]:
    from rich import console

    err = console.Console(stderr=True, soft_wrap=True, highlight=False)
    start = last = time.monotonic()
    count = 0
    for count, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= LINE_EVERY_S:
            last = now
            rate = count / (now - start)
            left = f", {(total - count) / rate:.0f} s left" if total else ""
            err.print(f"{description}: {count}/{total or '?'} {unit}, {rate:.1f}/s{left}")
    seconds = time.monotonic() - start
    if count and seconds >= 2.0:
        err.print(f"{description}: {count} {unit} in {seconds:.1f} s, {count / seconds:.1f}/s")
