"""The scripts that start trainings and go on until they are done."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"

STARTS = 'echo x >> starts; n=$(wc -l < starts); echo "start $n"; '


def until_done(folder, program):
    """Start the loop over a program of bash that knows its how manieth start `n` this is."""
    return subprocess.Popen(
        [SCRIPTS / "until_done.sh", "bash", "-c", STARTS + program],
        cwd=folder,
        env=os.environ | {"PAUSE_SECONDS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("path", sorted(SCRIPTS.iterdir()), ids=lambda path: path.name)
def test_bash_reads_it(path):
    subprocess.run(["bash", "-n", path], check=True)
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize(
    ("program", "code", "starts"),
    [
        ("exit 0", 0, 1),
        ("((n == 3)) || exit 75", 0, 3),
        ("((n == 3)) || kill -ABRT $$", 0, 3),
        ("exit 1", 1, 1),
        ("exit 130", 130, 1),
        ("kill -KILL $$", 128 + signal.SIGKILL, 6),
    ],
)
def test_it_starts_again_until_done(tmp_path, program, code, starts):
    loop = until_done(tmp_path, program)
    out, _ = loop.communicate(timeout=60)
    assert loop.returncode == code
    assert out.count("start") == starts


def test_sigterm_to_the_loop_stops_the_training_and_the_loop(tmp_path):
    loop = until_done(tmp_path, "trap 'echo saved; exit 75' TERM; while :; do sleep 0.05; done")
    while not (tmp_path / "starts").exists():
        time.sleep(0.02)
    time.sleep(0.2)
    loop.send_signal(signal.SIGTERM)
    out, _ = loop.communicate(timeout=60)
    assert loop.returncode == 75
    assert out.splitlines() == ["start 1", "saved"]
