"""The environment of a command, and that a run does not depend on it."""

import os
import shutil
import subprocess
import sys

import platformdirs
import pytest

from jaxswap.cli import environment


def test_programs_are_kept_in_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {}
    environment.keep_programs(environ)
    assert environ["JAX_COMPILATION_CACHE_DIR"].startswith(str(tmp_path))
    assert int(environ["JAX_COMPILATION_CACHE_MAX_SIZE"]) == environment.CACHE_BYTES


def test_the_users_own_cache_folder_is_kept():
    environ = {"JAX_COMPILATION_CACHE_DIR": "theirs"}
    environment.keep_programs(environ)
    assert environ == {"JAX_COMPILATION_CACHE_DIR": "theirs"}


def test_another_processor_has_another_folder(monkeypatch):
    first, second = {}, {}
    environment.keep_programs(first)
    monkeypatch.setattr(environment.platform, "processor", lambda: "another")
    environment.keep_programs(second)
    assert first["JAX_COMPILATION_CACHE_DIR"] != second["JAX_COMPILATION_CACHE_DIR"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "glibc.malloc.hugetlb=1"),
        ("glibc.malloc.check=1", "glibc.malloc.check=1:glibc.malloc.hugetlb=1"),
    ],
)
def test_large_pages_are_asked_for_beside_what_is_set(monkeypatch, before, after):
    monkeypatch.setattr(environment.platform, "libc_ver", lambda: ("glibc", "2.36"))
    environ = {"GLIBC_TUNABLES": before}
    assert environment.ask_for_large_pages(environ)
    assert environ["GLIBC_TUNABLES"] == after
    assert not environment.ask_for_large_pages(environ)  # else it would start anew for ever


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(environment.platform, "libc_ver", lambda: ("", ""))
    environ = {}
    assert not environment.ask_for_large_pages(environ)
    assert environ == {}


@pytest.mark.skipif(environment.platform.libc_ver()[0] != "glibc", reason="no glibc here")
def test_a_command_starts_anew_with_its_own_words():
    script = (
        "import os, sys; from jaxswap.cli import environment;"
        "environment.prepare(sys.argv[1:], os.environ);"
        "print(sys.argv[1:], os.environ['GLIBC_TUNABLES'], os.getpid())"
    )
    environ = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    command = [sys.executable, "-c", script, "train", "a b", "--run=x"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        told = process.stdout.read()
    assert told == f"['train', 'a b', '--run=x'] glibc.malloc.hugetlb=1 {process.pid}\n"


NAMELESS = ["unshare", "--user", "--map-user=12345", "--map-group=12345"]


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*NAMELESS, "true"], capture_output=True, check=False).returncode != 0,
    reason="the system lets us be nobody here",
)
def test_a_user_without_a_name_and_a_home_can_train(facesets, train_command, tmp_path):
    """As in a container that runs under a bare number."""
    kept = {"PATH", "JAX_PLATFORMS", "PYTHONPATH"}
    environ = {name: value for name, value in os.environ.items() if name in kept}
    command = [*train_command(facesets), "--run", "run", "--steps", "2"]
    done = subprocess.run(
        [*NAMELESS, sys.executable, "-m", "jaxswap", *command],
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run"]  # and no folder named ~


@pytest.mark.parametrize("home", ["~/.cache/jaxswap", "/dev/null/jaxswap"])
def test_without_a_place_for_programs_none_are_kept(monkeypatch, home):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: environment.Path(home))
    environ = {}
    environment.keep_programs(environ)
    assert environ == {"JAX_ENABLE_COMPILATION_CACHE": "false"}


def test_a_terminal_of_one_column_gets_its_help_soon():
    environ = {"COLUMNS": "1"}
    environment.prepare(["convert", "--help"], environ)
    assert environ == {"COLUMNS": str(environment.LEAST_COLUMNS)}
