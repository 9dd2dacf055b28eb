"""Standard streams that are closed, full, gone or of another encoding."""

import os
import subprocess
import sys

import pytest

TELL = """
import sys, pathlib
from jaxswap.cli import console, main, streams
from jaxswap.events import Progress

class Command:
    goes_on = False

    def __call__(self):
        with open("result", "w") as result, console.ConsoleEvents() as events:
            events.message("under way")
            sys.__stderr__ and print("words of a library", file=sys.__stderr__)
            import os
            os.write(2, b"words of a C library\\n")
            result.write("whole")
        print("done \\u2192 \\udcff")
        return 0

main.environment.prepare = lambda argv, environ: None
main._obey = lambda argv, signals: Command()()
sys.exit(main.main())
"""


def tell(folder, redirections: str, **environ: str) -> subprocess.CompletedProcess:
    command = ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-c", TELL]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environ,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_work_goes_on_and_its_files_stay_clean(tmp_path, closed):
    done = tell(tmp_path, closed)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "result").read_text() == "whole"
    assert "Traceback" not in done.stderr


def test_standard_error_whose_reader_left_stops_nothing(tmp_path):
    (tmp_path / "pipe").touch()
    done = tell(tmp_path, "2>&1 >out | true; while [ ! -s out ]; do sleep 0.1; done")
    assert (tmp_path / "result").read_text() == "whole", done


@pytest.mark.parametrize("full", [">/dev/full", ">/dev/full 2>/dev/full"])
def test_a_full_standard_output_is_one_line(tmp_path, full):
    done = tell(tmp_path, full)
    assert done.returncode == 1
    assert ("disk is full" in done.stderr) == (full == ">/dev/full")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_an_encoding_has_not_is_written_with_backslashes(tmp_path, encoding):
    done = tell(tmp_path, "", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    arrow = "→" if encoding == "utf-8" else "\\u2192"
    assert done.stdout == f"done {arrow} \\udcff\n"
