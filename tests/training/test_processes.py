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


def start_hosts(start_tiny, run_dir, count=2, **options):
    """Processes that are one training; an option may be a list, of one value for each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    for process in range(count):
        own = {k: v[process] if isinstance(v, list) else v for k, v in options.items()}
        started.append(start_tiny(run_dir, port=port, hosts=count, process=process, **own))
    return started


def wait_for(hosts):
    """What each of them said: (output, errors)."""
    said = [host.communicate(timeout=300) for host in hosts]
    assert [host.returncode for host in hosts] == [0] * len(hosts), said
    return said


@pytest.fixture(scope="module")
def alone(run_tiny, tmp_path_factory):
    """What twenty steps give on one device."""
    folder = tmp_path_factory.mktemp("alone")
    code, _, said = run_tiny(folder, report=folder / "report.npz", steps=20)
    assert code == 0, said
    return dict(np.load(folder / "report.npz"))


@pytest.mark.parametrize(
    ("hosts", "devices", "fsdp"),
    [
        (1, 8, 1),
        (1, 8, 4),
        (2, 1, 1),
        pytest.param(2, 4, 8, marks=pytest.mark.long),
        pytest.param(4, 1, 1, marks=pytest.mark.long),
        pytest.param(4, 2, 4, marks=pytest.mark.long),
    ],
)
def test_every_layout_trains_the_same(start_tiny, alone, tmp_path, hosts, devices, fsdp):
    path = tmp_path / "report.npz"
    options = {"devices": devices, "fsdp": fsdp, "report": path, "steps": 20}
    wait_for(start_hosts(start_tiny, tmp_path, hosts, **options))
    found = dict(np.load(path))
    assert (found["devices"], found["parts"]) == (hosts * devices, fsdp)
    for name in alone:
        if name.startswith(("pixels", "sums", "start")):
            np.testing.assert_array_equal(found[name], alone[name], err_msg=name)
        elif name.startswith("gradient"):
            error = np.linalg.norm(found[name] - alone[name]) / np.linalg.norm(alone[name])
            assert error < 1e-5, name
    np.testing.assert_allclose(found["losses"], alone["losses"], rtol=1e-5)


def test_a_checkpoint_moves_between_layouts_bit_for_bit(run_tiny, tmp_path):
    many, one = {"devices": 8, "fsdp": 4}, {"devices": 1}
    code, line, said = run_tiny(tmp_path / "begun", steps=3, **many)
    assert code == 0, said
    digests = [
        run_tiny(tmp_path / to, source=tmp_path / source, **layout)[1]
        for source, to, layout in (
            ("begun", "same", many),
            ("begun", "there", one),
            ("there", "back", many),
        )
    ]
    assert len(digests[0]) == 64
    assert digests == digests[:1] * 3
    assert runs.Run.open(tmp_path / "back").fingerprint() == line.split()[-1]


def test_a_run_goes_on_in_another_layout(tiny, run_tiny, whole_dir, whole, tmp_path):
    code, _, said = run_tiny(tmp_path / "run", steps=3, devices=8, fsdp=4)
    assert code == 0, said
    assert tiny.train(tmp_path / "run") == 6
    losses, expected = (
        [report["loss"] for report in runs.read_metrics(folder)]
        for folder in (tmp_path / "run", whole_dir)
    )
    np.testing.assert_allclose(losses[-1], expected[-1], rtol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("fsdp", [1, 2])
def test_two_hosts_train_as_one(start_tiny, whole, whole_dir, tmp_path, fsdp):
    run_dir = tmp_path / "run"
    said = wait_for(start_hosts(start_tiny, run_dir, fsdp=fsdp))
    assert runs.Run.open(run_dir).steps() == [3, 6]
    assert said[0][0].strip().splitlines()[-1] == said[1][0].strip().splitlines()[-1]
    losses, expected = (
        [report["loss"] for report in runs.read_metrics(folder)] for folder in (run_dir, whole_dir)
    )
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


@pytest.mark.long
def test_two_hosts_stop_at_the_same_step(start_tiny, tmp_path):
    said = wait_for(start_hosts(start_tiny, tmp_path / "run", term_at=[2, -1]))
    lines = [out.strip().splitlines()[-1] for out, _ in said]
    assert lines[0] == lines[1]
    assert lines[0].split()[1] in ("2", "3", "4")
    assert "Run the same command again to go on" in said[0][1]
