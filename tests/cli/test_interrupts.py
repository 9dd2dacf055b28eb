"""Signals: one line, the exit code that is documented, and nothing left behind."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from jaxswap.cli import interrupts

AS_IT_WAS = "What was complete before is as it was."

PROGRAM = """
import hashlib, pathlib, sys, time
from jaxswap import files, partials
from jaxswap.cli import interrupts, main
interrupts.GRACE_S = 0.3

class Command:
    goes_on = sys.argv[2] == "goes-on"

    def __call__(self):
        with files.replacing_folder(pathlib.Path(sys.argv[1]) / "new" / "out") as partial:
            (partial / "half").touch()
            try:
                print("ready", flush=True)
                if sys.argv[2] == "deaf":  # as a compiler is: nothing of Python runs in this thread
                    hashlib.pbkdf2_hmac("sha512", b"", b"", 100_000_000)
                time.sleep(30)
            finally:
                if sys.argv[2] == "slow":
                    print("cleaning", flush=True)
                    time.sleep(30)
                time.sleep(0.1)
        return 0

main.environment.prepare = lambda argv, environ: None
main._obey = lambda argv, signals: setattr(signals, "goes_on", Command.goes_on) or Command()()
sys.exit(main.main())
"""


@pytest.fixture
def start(tmp_path):
    """The program at work in a process of its own."""
    with contextlib.ExitStack() as stack:

        def begin(how: str, *words: str) -> subprocess.Popen:
            process = stack.enter_context(
                subprocess.Popen(
                    [*words, sys.executable, "-c", PROGRAM, str(tmp_path), how],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                )
            )
            assert process.stdout.readline() == "ready\n"
            return process

        yield begin


@pytest.mark.parametrize(
    ("how", "number", "code", "said"),
    [
        ("plain", signal.SIGINT, 130, "Stopped. What was complete before is as it was."),
        (
            "plain",
            signal.SIGTERM,
            143,
            "Stopped by SIGTERM. What was complete before is as it was.",
        ),
        ("plain", signal.SIGHUP, 129, "Stopped by SIGHUP. What was complete before is as it was."),
        ("goes-on", signal.SIGTERM, 75, "Stopped by SIGTERM. The same command goes on."),
        ("goes-on", signal.SIGHUP, 75, "Stopped by SIGHUP. The same command goes on."),
        ("goes-on", signal.SIGINT, 130, "Stopped. What was complete before is as it was."),
        ("deaf", signal.SIGTERM, 143, "Stopped by SIGTERM. What was complete before is as it was."),
        ("slow", signal.SIGHUP, 129, "Stopped by SIGHUP. What was complete before is as it was."),
    ],
)
def test_a_signal_leaves_nothing_behind(start, tmp_path, how, number, code, said):
    process = start(how)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (code, f"jaxswap: {said}\n")
    assert list(tmp_path.iterdir()) == []


def test_sigterm_may_come_many_times(start, tmp_path):
    process = start("plain")
    for _ in range(5):
        process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.count("\n")) == (143, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_does_not_wait_and_leaves_nothing_either(start, tmp_path):
    process = start("slow")
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "cleaning\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.count("\n")) == (130, 1)
    assert list(tmp_path.iterdir()) == []


def test_an_ignored_signal_stays_ignored(start):
    process = start("plain", "sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 143


def test_signals_mean_what_they_did_before_once_the_command_is_over():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with interrupts.Interrupts():
        assert all(signal.getsignal(number) not in before for number in numbers)
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("name", ["extract", "faces"])
def test_a_command_that_is_ended_at_work_leaves_nothing(demo_clips, tmp_path, name):
    """The real command, from the moment at which its first files appear."""
    out = tmp_path / "new" / "out"
    command = [sys.executable, "-m", "jaxswap", name, demo_clips["a_train"], "--out", out]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not out.parent.exists():
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.count("\n")) == (143, 1), errors
    assert list(tmp_path.iterdir()) == []
