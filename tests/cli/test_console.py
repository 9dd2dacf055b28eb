import itertools

import pytest

from jaxswap import progress


@pytest.fixture
def ticking(monkeypatch):
    """A clock that goes on by four seconds whenever it is read."""
    clock = itertools.count(0.0, 4.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))


def test_lines_say_the_rate_the_note_and_the_time_left(ticking, capsys):
    notes = itertools.cycle(["slowest: swap", ""])
    items = progress.track(range(8), "Converting", total=8, note=lambda: next(notes))
    assert list(items) == list(range(8))
    lines = capsys.readouterr().err.splitlines()
    # Items come every 4 s: a line after each third one.
    assert lines[0] == "Converting: 3/8 frames, 0.2/s, slowest: swap, 20 s left"
    assert lines[1] == "Converting: 6/8 frames, 0.2/s, 8 s left"
    assert lines[-1].startswith("Converting: 8 frames in ")


def test_the_rate_does_not_count_what_comes_before_the_first(capsys, monkeypatch):
    times = iter([0.0, 100.0, 101.0, 102.0, 103.0, 112.0, 112.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    list(progress.track(range(5), "Converting", total=105, unit="images"))
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "Converting: 2/105 images, 1.0/s, 103 s left"
