"""Figures as tables: of a terminal, and the rows of CSV files."""

import math
from collections.abc import Iterable, Iterator, Sequence

import rich.table

from jaxswap.evaluation import clip_results, figures, shown_frames

DIRECTIONS = {
    "higher": "\N{UPWARDS ARROW} higher",
    "lower": "\N{DOWNWARDS ARROW} lower",
    "one": "\N{RIGHTWARDS ARROW} 1",
}


def columns(names: Iterable[str], shown: Sequence[figures.Figure]) -> list[str]:
    """The columns of the table: the footage, if a figure has a value for it, and the candidates."""
    has_footage = any(shown_frames.FOOTAGE in line.values for line in shown)
    return [*([shown_frames.FOOTAGE] if has_footage else []), *names]


def terminal(names: Sequence[str], shown: Sequence[figures.Figure]) -> rich.table.Table:
    """Figures by candidates; the best of each line has a star."""
    table = rich.table.Table("Figure", box=None, pad_edge=False, header_style="bold")
    for name in columns(names, shown):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Better", no_wrap=True)
    for line in shown:
        cells = [
            f"[bold]* {line.shown(name)}[/]" if name in line.best else line.shown(name) or "-"
            for name in columns(names, shown)
        ]
        table.add_row(line.name, *cells, DIRECTIONS[line.better])
    return table


def of_figures(
    names: Sequence[str], shown: Sequence[figures.Figure]
) -> Iterator[Sequence[str | float]]:
    """Rows of report.csv, the head first: a row for each figure, a column for each candidate."""
    yield ["key", "unit", "better", *columns(names, shown)]
    for line in shown:
        values = [line.values.get(name, "") for name in columns(names, shown)]
        yield [line.key, line.scale.unit, line.better, *values]


def of_frames(results: clip_results.ClipResults) -> Iterator[Sequence[str | float]]:
    """Rows of frames.csv, the head first: a row for each frame of the footage and each candidate.

    What was not measured is empty.
    """
    series = {shown_frames.FOOTAGE: results.rows}
    series |= {name: found.rows for name, found in results.candidates.items()}
    measured = dict.fromkeys(name for c in results.candidates.values() for name in c.rows.names)
    yield ["candidate", "frame", "time_s", *measured]
    frames, times = results.rows["frame"], results.rows["time_s"]
    for name, rows in series.items():
        known = [rows[column] if column in rows.names else None for column in measured]
        for row, (frame, time_s) in enumerate(zip(frames, times, strict=True)):
            cells = ["" if column is None else _cell(column[row]) for column in known]
            yield [name, int(frame), float(time_s), *cells]


def _cell(value: float) -> float | str:
    return "" if math.isnan(value) else float(value)
