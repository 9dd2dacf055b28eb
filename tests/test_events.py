import pytest

from jaxswap import errors
from jaxswap.events import SILENT, Events, Progress


class Recorder(Events):
    """Keeps what it hears, and stops after some items."""

    def __init__(self, *, most: int = 100):
        self.heard: list[Progress] = []
        self._most = most

    def progress(self, progress):
        self.heard.append(progress)

    def should_stop(self):
        return self.heard[-1].done >= self._most


def test_counting_tells_before_the_first_and_after_each():
    events = Recorder()
    notes = iter("ab")
    items = events.counted("xy", "Reading", total=2, unit="letters", note=lambda: next(notes))
    assert next(items) == "x"
    assert [progress.done for progress in events.heard] == [0]
    assert list(items) == ["y"]
    assert events.heard == [
        Progress(task="Reading", done=done, total=2, unit="letters", note=note)
        for done, note in enumerate(("", "a", "b"))
    ]


def test_counting_stops_where_the_caller_wants():
    items = Recorder(most=2).counted(range(5), "Reading")
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(errors.Stopped):
        next(items)


def test_silence_counts_all():
    assert list(SILENT.counted(range(3), "Reading")) == [0, 1, 2]
