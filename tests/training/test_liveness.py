"""Who is lost, by a clock of the test."""

import threading

from jaxswap.training import liveness

LATE = liveness.SILENCE_SECONDS + 1


def called(roll, until, words):
    """Call the roll every two seconds; the last verdict."""
    verdict = ""
    for now in range(0, int(until) + 1, 2):
        verdict = roll.call(words(now), float(now))
    return verdict


def test_hosts_that_count_up_are_alive():
    assert called(liveness.Roll(2), 90, lambda now: {0: f"{now}", 1: f"{now}"}) == ""


def test_a_silent_host_is_lost_and_named():
    verdict = called(liveness.Roll(3), LATE, lambda now: {0: f"{now}", 1: f"{now}", 2: "4"})
    assert verdict.startswith("Host 2 of 3 was lost: not heard for 25 s. Start the same command")


def test_a_host_that_never_spoke_is_lost():
    assert "Host 1 of 2" in called(liveness.Roll(2), LATE, lambda now: {0: f"{now}"})


def test_a_finished_host_may_be_silent():
    words = {1: "finished"}
    assert called(liveness.Roll(2), 90, lambda now: words | {0: f"{now}"}) == ""


def test_a_failed_host_is_told_at_once():
    verdict = liveness.Roll(2).call({0: "1", 1: "failed"}, 0.0)
    assert verdict.startswith("Host 1 ended with an error: see its own output.")


def test_a_first_host_that_was_held_up_blames_nobody():
    roll = liveness.Roll(2)
    roll.call({0: "1", 1: "1"}, 0.0)
    assert roll.call({0: "2", 1: "1"}, LATE) == ""


class Keys:
    """A coordination service in memory."""

    def __init__(self):
        self.values = {}

    def key_value_set(self, key, value, allow_overwrite=False):
        self.values[key] = value

    def key_value_dir_get(self, key):
        return [item for item in self.values.items() if item[0].startswith(key)]


def test_a_verdict_ends_every_host(monkeypatch):
    monkeypatch.setattr(liveness, "BEAT_SECONDS", 0.02)
    keys, said, ended = Keys(), [], threading.Semaphore(0)

    def end(line):
        said.append(line)
        ended.release()

    keys.values["jaxswap/alive/2"] = "failed"
    for index in (0, 1):
        liveness.Watch(keys, index=index, count=3, end=end)
    assert all(ended.acquire(timeout=20) for _ in range(2))
    assert said[0] == said[1]
    assert said[0].startswith("Host 2 ended with an error")
