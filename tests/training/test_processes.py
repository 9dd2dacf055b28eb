"""Promises that only separate processes can show."""

import signal
import socket

import numpy as np
import pytest

from jaxswap import runs


@pytest.fixture(scope="module")
def whole_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("processes") / "run"


@pytest.fixture(scope="module")
def whole(run_tiny, whole_dir):
    """A run of six steps in a process of its own: what it printed."""
    code, line, said = run_tiny(whole_dir)
    assert code == 0, said
    return line


def test_two_processes_with_one_seed_give_the_same_bits(run_tiny, whole, tmp_path):
    assert run_tiny(tmp_path / "again", fresh=True)[1] == whole


def test_a_killed_run_goes_on_to_the_same_bits(run_tiny, whole, tmp_path):
    run_dir = tmp_path / "run"
    code, _, _ = run_tiny(run_dir, kill_at=5)
    assert code == -signal.SIGKILL
    assert runs.Run.open(run_dir).steps() == [3]
    assert run_tiny(run_dir)[1] == whole


def test_sigterm_saves_and_says_how_to_go_on(run_tiny, whole, tmp_path):
    run_dir = tmp_path / "run"
    code, line, said = run_tiny(run_dir, term_at=2)
    assert code == 0
    assert line.startswith("step 2 ")
    assert "Run the same command again to go on" in said
    assert run_tiny(run_dir)[1] == whole


def test_one_and_eight_devices_agree(run_tiny, tmp_path):
    found = []
    for devices in (1, 8):
        path = tmp_path / f"{devices}.npz"
        code, _, said = run_tiny(tmp_path, devices=devices, report=path, steps=20)
        assert code == 0, said
        found.append(dict(np.load(path)))
    one, eight = found
    assert (one["devices"], eight["devices"]) == (1, 8)
    for name in one:
        if name.startswith("pixels"):
            np.testing.assert_array_equal(eight[name], one[name], err_msg=name)
        elif name.startswith("gradient"):
            error = np.linalg.norm(eight[name] - one[name]) / np.linalg.norm(one[name])
            assert error < 1e-5, name
    np.testing.assert_allclose(eight["losses"], one["losses"], rtol=1e-5)


def start_hosts(start_tiny, run_dir, term_at):
    """Two processes, of one device each, that are one training."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [
        start_tiny(run_dir, port=port, process=process, term_at=term_at[process])
        for process in (0, 1)
    ]


@pytest.mark.long
def test_two_hosts_train_as_one(start_tiny, whole, whole_dir, tmp_path):
    run_dir = tmp_path / "run"
    hosts = start_hosts(start_tiny, run_dir, (-1, -1))
    said = [host.communicate(timeout=300) for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    assert runs.Run.open(run_dir).steps() == [3, 6]
    assert said[0][0].strip().splitlines()[-1] == said[1][0].strip().splitlines()[-1]
    losses, expected = (
        [report["loss"] for report in runs.read_metrics(folder)] for folder in (run_dir, whole_dir)
    )
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


@pytest.mark.long
def test_two_hosts_stop_at_the_same_step(start_tiny, tmp_path):
    hosts = start_hosts(start_tiny, tmp_path / "run", (2, -1))
    said = [host.communicate(timeout=300) for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    lines = [out.strip().splitlines()[-1] for out, _ in said]
    assert lines[0] == lines[1]
    assert lines[0].split()[1] in ("2", "3", "4")
    assert "Run the same command again to go on" in said[0][1]
