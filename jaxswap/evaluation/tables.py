"""Figures as tables: of a terminal, and CSV."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rich.table

from jaxswap.evaluation import clip_results, figures, pictures

DIRECTIONS = {
    "higher": "\N{UPWARDS ARROW} higher",
    "lower": "\N{DOWNWARDS ARROW} lower",
    "one": "\N{RIGHTWARDS ARROW} 1",
}


def columns(names: Iterable[str], shown: Sequence[figures.Figure]) -> list[str]:
    """The columns of the table: the footage, if a figure has a value for it, and the candidates."""
    has_footage = any(pictures.FOOTAGE in line.values for line in shown)
    return [*([pictures.FOOTAGE] if has_footage else []), *names]


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


def figures_csv(names: Sequence[str], shown: Sequence[figures.Figure]) -> str:
    """A line for each figure, a column for each candidate."""
    head = ["key", "unit", "better", *columns(names, shown)]
    rows = [
        [
            line.key,
            line.unit,
            line.better,
            *(line.values.get(name, "") for name in columns(names, shown)),
        ]
        for line in shown
    ]
    return _csv([head, *rows])


def frames_csv(results: clip_results.ClipResults) -> str:
    """A line for each frame of each candidate; what was not measured is empty."""
    names = [name for name in results.rows.names if name not in pictures.PLACE]
    measured = dict.fromkeys(name for c in results.candidates.values() for name in c.rows.names)
    own = [name for name in names if name not in ("frame", "time_s")]
    head = ["candidate", "frame", "time_s", *measured]
    rows: list[list[Any]] = []
    series: Mapping[str, Any] = {
        pictures.FOOTAGE: (results.rows, own),
        **{name: (c.rows, list(measured)) for name, c in results.candidates.items()},
    }
    frames, times = results.rows["frame"].astype(int).tolist(), results.rows["time_s"].tolist()
    for name, (rows_of, known) in series.items():
        values = {key: rows_of[key].tolist() if key in known else None for key in measured}
        for row, (frame, time_s) in enumerate(zip(frames, times, strict=True)):
            cells = [_cell(column[row]) if column else "" for column in values.values()]
            rows.append([name, frame, time_s, *cells])
    return _csv([head, *rows])


def _cell(value: float) -> float | str:
    return "" if math.isnan(value) else value


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
