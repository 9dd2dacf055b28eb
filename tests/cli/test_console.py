"""Progress for people: lines in a log file, a bar on a terminal."""

import itertools

import pytest

from jaxswap.cli import console
from jaxswap.events import Progress


@pytest.fixture
def ticking(monkeypatch):
    """A clock that goes on by four seconds whenever it is read."""
    clock = itertools.count(0.0, 4.0)
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))


def tell(events, done, total=8, *, task="Converting", note=""):
    events.progress(Progress(task=task, done=done, total=total, unit="frames", note=note))


def test_lines_say_the_rate_the_note_and_the_time_left(ticking, capsys):
    notes = itertools.cycle(["slowest: swap", ""])
    with console.ConsoleEvents() as events:
        for _ in events.counted(range(8), "Converting", total=8, note=lambda: next(notes)):
            pass
    lines = capsys.readouterr().err.splitlines()
    # Items come every 4 s: a line after each third one.
    assert lines[0] == "Converting: 2/8 frames, 0.2/s, 24 s left"
    assert lines[1] == "Converting: 5/8 frames, 0.2/s, slowest: swap, 12 s left"
    assert lines[-1] == "Converting: 8 frames in 36.0 s, 0.2/s"


def test_the_rate_does_not_count_what_comes_before_the_first(capsys, monkeypatch):
    times = iter([0.0, 0.0, 100.0, 101.0, 102.0, 103.0, 112.0])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(times))
    with console.ConsoleEvents() as events:
        for done in range(6):
            tell(events, done, 105)
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "Converting: 2/105 frames, 1.0/s, 103 s left"


def test_what_goes_on_where_it_stopped_counts_only_what_is_new(ticking, capsys):
    with console.ConsoleEvents() as events:
        for done in range(100, 104):
            tell(events, done, 104)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Converting: 102/104 frames, 0.2/s, 8 s left"
    assert lines[-1] == "Converting: 3 frames in 16.0 s, 0.2/s"


def test_one_piece_of_work_ends_where_another_begins(ticking, capsys):
    with console.ConsoleEvents() as events:
        for task in ("Extracting", "Extracting", "Building"):
            tell(events, 0, task=task)
            tell(events, 1, task=task)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" in ")[0] for line in lines] == [
        "Extracting: 1 frames",
        "Extracting: 1 frames",
        "Building: 1 frames",
    ]


def test_what_failed_does_not_say_that_it_is_done(ticking, capsys):
    def items():
        yield 1
        raise RuntimeError

    with pytest.raises(RuntimeError), console.ConsoleEvents() as events:
        list(events.counted(items(), "Converting"))
    assert capsys.readouterr().err == ""


def test_a_message_is_printed_as_it_is(capsys):
    with console.ConsoleEvents() as events:
        events.message('Install it: pip install "jaxswap[identity]" :smile:')
    assert capsys.readouterr().err == 'Install it: pip install "jaxswap[identity]" :smile:\n'


def test_a_terminal_shows_a_bar_that_goes_away_before_what_comes_next(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    monkeypatch.setenv("COLUMNS", "120")
    with console.ConsoleEvents() as events:
        tell(events, 0)
        tell(events, 8, note="slowest: [swap]")
        assert events._drawing is not None
    said = capsys.readouterr().err
    assert "8/8" in said
    assert "slowest: [swap]" in said
    assert said.rstrip(" ").endswith("\n") or said.endswith("\x1b[?25h")  # the cursor is back
