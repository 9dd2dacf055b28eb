"""Last words of a process that is ended before it can say them."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from jaxswap.training import last_words
with last_words.LastWords("It began.") as last:
    last.change("It is over.")
    if sys.argv[1] == "abort":
        os.abort()
"""


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("abort", -signal.SIGABRT, "jaxswap: It is over.\n"),
        ("leave", 0, ""),
    ],
)
def test_only_a_sudden_end_has_last_words(end, code, said):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, end],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (code, said)
