import threading
import time

import pytest

from jaxswap import runs
from jaxswap.events import Events
from jaxswap.training import starvation


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


class Step:
    """A step that ends when the test says so."""

    def __init__(self, meter):
        self._ended = threading.Event()
        meter.started(self)
        self._noted = meter._end

    def block_until_ready(self):
        self._ended.wait()

    def end(self):
        self._ended.set()
        self._noted.result()


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(starvation, "time", made)
    return made


@pytest.fixture
def meter(clock):
    made = starvation.Meter()
    yield made
    made.close()


def test_a_batch_that_is_there_before_the_step_ends_costs_nothing(meter, clock):
    step = Step(meter)
    with meter.loading():
        clock.now += 4
    clock.now += 1
    step.end()
    assert meter.share() == 0


def test_only_the_time_after_the_end_of_the_step_counts(meter, clock):
    step = Step(meter)
    with meter.loading():
        clock.now += 3
        step.end()
        clock.now += 1
    assert meter.share() == 0.25
    clock.now += 1
    assert meter.share() == 0  # each interval for itself


def test_devices_that_have_nothing_to_do_wait_from_the_beginning(meter, clock):
    Step(meter).end()
    clock.now += 2  # a preview, for which nobody waits for a batch
    with meter.loading():
        clock.now += 6
    assert meter.share() == 0.75


def test_what_comes_before_the_first_step_does_not_count(meter, clock):
    with meter.loading():
        clock.now += 5
    Step(meter).end()
    clock.now += 1
    assert meter.share() == 0


class Listener(Events):
    """Keeps the lines, and the latest note."""

    def __init__(self):
        self.lines = []
        self.note = ""

    def message(self, line):
        self.lines.append(line)

    def progress(self, progress):
        self.note = progress.note


def test_a_slow_loader_is_logged_shown_and_a_remedy_named_once(tiny, tmp_path):
    events = Listener()
    tiny.train(tmp_path, on_batch=lambda n: time.sleep(0.3), events=events)
    shares = [report["starvation"] for report in runs.read_metrics(tmp_path)]
    assert len(shares) == 3
    assert all(starvation.HIGH < share <= 1 for share in shares)
    assert sum("--data.num-threads" in line for line in events.lines) == 1
    assert events.note.endswith("% waiting for batches")
