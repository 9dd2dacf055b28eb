"""The environment of a command, and that a run does not depend on it."""

import os
import subprocess
import sys

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
