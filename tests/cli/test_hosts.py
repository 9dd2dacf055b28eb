"""Several hosts by the real command, as processes of this machine."""

import os
import socket
import subprocess
import sys

import pytest


@pytest.mark.parametrize("given", [("--hosts.count", "2"), ("--hosts.join", "--hosts.index", "1")])
def test_where_the_hosts_are_is_given_whole(fails, facesets, train_command, tmp_path, given):
    line = fails(*train_command(facesets), "--run", tmp_path / "run", *given, code=2)
    assert "give all or none" in line


def free_port(port=0):
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
        return free.getsockname()[1]


def by_hand(count):
    """What each process is told: options and environment."""
    where = f"127.0.0.1:{free_port()}"
    told = ("--hosts.coordinator", where, "--hosts.count", count)
    return [((*told, "--hosts.index", index), {}) for index in range(count)]


def by_slurm(count):
    """The same as Slurm tells it, with all tasks on one node."""
    number = os.getpid() % 2**12
    free_port(65535 - 2**12 + 1 + number)  # where JAX will look for the first task
    job = {"SLURM_JOB_ID": str(number), "SLURM_NTASKS": str(count)}
    job["SLURM_STEP_NODELIST"] = "127.0.0.1"
    return [
        ((), job | {"SLURM_PROCID": str(index), "SLURM_LOCALID": str(index)})
        for index in range(count)
    ]


def start(command, told):
    """A process for each of those that are told who they are."""
    return [
        subprocess.Popen(
            [*map(str, (*command, "--hosts.join", *options))],
            env=os.environ | {"JAX_PLATFORMS": "cpu"} | environ,
            stderr=subprocess.PIPE,
            text=True,
        )
        for options, environ in told
    ]


def test_a_host_does_not_build_the_dataset(facesets, train_command, tmp_path):
    command = [sys.executable, "-m", "jaxswap", *train_command(facesets), "--run", tmp_path / "run"]
    (host,) = start(command, by_hand(1))
    said = host.communicate(timeout=300)[1]
    assert host.returncode == 1, said
    assert "jaxswap build" in said.splitlines()[-1]
    assert "Traceback" not in said


@pytest.mark.long
@pytest.mark.parametrize("join", [by_hand, by_slurm])
def test_two_hosts_train_one_run(run, facesets, train_command, tmp_path, join):
    data, folder = tmp_path / "data", tmp_path / "run"
    named = [f"{name}={path}" for name, path in facesets.items()]
    assert run("build", *named, "--out", data, "--data.chip-size", "32") == 0
    command = [sys.executable, "-m", "jaxswap", *train_command({"a": data, "b": data})]
    hosts = start([*command, "--run", folder], join(2))
    said = [host.communicate(timeout=300)[1] for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    assert run("preview", "--run", folder, "--out", tmp_path / "preview.png") == 0
    assert "Trained to step" in said[0]
    assert "Trained to step" not in said[1]
