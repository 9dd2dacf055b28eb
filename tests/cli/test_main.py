"""Exit codes, and one line for what a user can fix."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from jaxswap import errors
from jaxswap.cli import main, parsing
from jaxswap.training import stopping


@pytest.fixture
def run_command(monkeypatch):
    """Run `main` on a command that does what the test says."""

    def run(command) -> int:
        monkeypatch.setattr(parsing, "parse", lambda argv: command)
        return main.run([])

    return run


def raising(error: BaseException):
    def command() -> int:
        raise error

    return command


def test_the_exit_code_is_the_commands(run_command):
    assert run_command(lambda: 0) == 0
    assert run_command(lambda: 1) == 1


def test_what_a_user_can_fix_is_one_line(run_command, capsys):
    assert run_command(raising(errors.FootageError("It is\n  broken: repair it."))) == 1
    assert capsys.readouterr().err == "jaxswap: It is broken: repair it.\n"


def test_a_wrong_command_line_exits_with_2(capsys):
    assert main.run(["trian"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("jaxswap: Unknown command 'trian'. Did you mean 'train'?")
    assert said.count("\n") == 1


def test_ctrl_c_is_one_line(run_command, capsys):
    assert run_command(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_sigterm_before_a_training_says_that_it_goes_on(run_command, capsys):
    def command() -> int:
        with stopping.at_once():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        return 0

    command.goes_on = True
    former = signal.getsignal(signal.SIGTERM)
    assert run_command(command) == os.EX_TEMPFAIL
    assert capsys.readouterr().err == "jaxswap: Stopped by SIGTERM. The same command goes on.\n"
    assert signal.getsignal(signal.SIGTERM) is former


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "disk is full: free some space"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "choose a place"),
        (errno.EROFS, "read-only"),
        (errno.ENOENT, "check the path"),
        (errno.ENOTDIR, "check the path"),
        (errno.EEXIST, "in the way"),
    ],
)
def test_what_the_system_refuses_is_one_line_with_the_file(run_command, capsys, code, remedy):
    assert run_command(raising(OSError(code, os.strerror(code), "/some/where"))) == 1
    said = capsys.readouterr().err
    assert remedy in said
    assert "/some/where" in said
    assert said.count("\n") == 1


def test_a_full_disk_inside_another_error_is_found(run_command, capsys):
    wrapped = RuntimeError("cannot save the checkpoint")
    wrapped.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert run_command(raising(wrapped)) == 1
    assert "disk is full" in capsys.readouterr().err


def test_a_full_disk_in_the_words_of_another_library_is_found(run_command, capsys):
    assert run_command(raising(ValueError("RESOURCE: No space left on device [/x]"))) == 1
    assert "disk is full" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("a fault"), OSError("no number"), TypeError("t")])
def test_a_fault_of_the_program_keeps_its_traceback(run_command, error):
    with pytest.raises(type(error)):
        run_command(raising(error))


@pytest.mark.parametrize("argv", [["info", "--preset", "quick"], ["train", "--help"]])
def test_a_reader_that_leaves_is_no_error(argv):
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "jaxswap", *argv],
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write_end)
    assert done.returncode == 1
    assert done.stderr == ""


def test_python_m_jaxswap_is_the_console_script():
    done = subprocess.run(
        [sys.executable, "-m", "jaxswap", "info", "--preset", "nothing"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Unknown preset 'nothing'" in done.stderr
    assert "Traceback" not in done.stderr
