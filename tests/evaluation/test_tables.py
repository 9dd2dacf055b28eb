"""Figures in a terminal and in files of comma-separated values."""

import io

import numpy as np
from rich import console

from jaxswap.evaluation import candidate, clip, figures, series, tables


def figure(key, **values):
    return figures.Figure(
        key=key,
        name=f"The {key}",
        values=values,
        scale=figures.Scale("{:.1f}%", 100.0, unit="eyes"),
        better="lower",
        meaning="",
    )


SHOWN = [figure("one", footage=0.5, x=0.25, y=0.125), figure("two", y=1.0)]


def test_the_footage_has_a_column_where_it_has_a_value():
    assert tables.columns(["x", "y"], SHOWN) == ["footage", "x", "y"]
    assert tables.columns(["x", "y"], SHOWN[1:]) == ["x", "y"]


def test_rows_of_figures_have_plain_numbers():
    assert list(tables.of_figures(["x", "y"], SHOWN)) == [
        ["key", "unit", "better", "footage", "x", "y"],
        ["one", "eyes", "lower", 0.5, 0.25, 0.125],
        ["two", "eyes", "lower", "", "", 1.0],
    ]


def test_the_best_has_a_star_in_the_terminal():
    stream = io.StringIO()
    console.Console(file=stream, width=100).print(tables.terminal(["x", "y"], SHOWN))
    head, one, two = (" ".join(line.split()) for line in stream.getvalue().splitlines())
    assert head == "Figure footage x y Better"
    assert one == "The one 50.0% 25.0% * 12.5% \N{DOWNWARDS ARROW} lower"
    assert two == "The two - - 100.0% \N{DOWNWARDS ARROW} lower"


def test_rows_of_frames_name_candidate_and_time(make_results):
    rows = series.Series(candidate.COLUMNS)
    for index in range(20):
        rows.append(paired=1, seam=None if index else 1.5)
    head, *lines = tables.of_frames(make_results(x={"rows": rows}))
    assert head == ["candidate", "frame", "time_s", *candidate.COLUMNS]
    assert [line[0] for line in lines] == ["footage"] * 20 + ["x"] * 20
    assert lines[21][1:3] == [1, 0.1]
    at = head.index("seam")
    assert [line[at] for line in lines[20:22]] == [1.5, ""]
    assert lines[0][at] == ""  # no column of the footage
    assert "seam" not in clip.COLUMNS
    assert np.isclose(lines[3][head.index("yaw")], 0.03)
