"""Promises that only separate processes can show."""

import os
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
    assert code == os.EX_TEMPFAIL
    assert line.startswith("step 2 ")
    assert "Run the same command again to go on" in said
    assert run_tiny(run_dir)[1] == whole


def start_hosts(start_tiny, run_dir, *options):
    """Processes that are one training, each with options of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [
        start_tiny(run_dir, **({"hosts": len(options), "port": port, "process": process} | given))
        for process, given in enumerate(options)
    ]


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
    wait_for(start_hosts(start_tiny, tmp_path, *[options] * hosts))
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


def ends(hosts):
    """Of each host its exit code, last line of output and what it said."""
    said = [host.communicate(timeout=300) for host in hosts]
    lines = [(out.strip().splitlines() or [""])[-1] for out, _ in said]
    return [
        (host.returncode, line, err)
        for host, line, (_, err) in zip(hosts, lines, said, strict=True)
    ]


@pytest.fixture(scope="module")
def two_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("two") / "run"


@pytest.fixture(scope="module")
def two(start_tiny, two_dir):
    """A run of six steps by two hosts: what both printed."""
    first, second = ends(start_hosts(start_tiny, two_dir, {}, {}))
    assert (first[0], second[0]) == (0, 0), (first, second)
    assert first[1] == second[1]
    return first[1]


@pytest.mark.long
@pytest.mark.parametrize("fsdp", [1, 2])
def test_two_hosts_train_as_one(start_tiny, whole_dir, whole, tmp_path, fsdp):
    run_dir = tmp_path / "run"
    first, second = ends(start_hosts(start_tiny, run_dir, *[{"fsdp": fsdp}] * 2))
    assert (first[0], second[0]) == (0, 0), (first, second)
    assert first[1] == second[1]
    assert runs.Run.open(run_dir).steps() == [3, 6]
    losses, expected = (
        [report["loss"] for report in runs.read_metrics(folder)] for folder in (run_dir, whole_dir)
    )
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("told", [({"term_at": 2}, {}), ({"term_at": 1}, {"term_at": 3})])
def test_two_hosts_stop_at_the_same_step_and_go_on(start_tiny, two, tmp_path, told):
    paced = [{"pause": 0.3} | options for options in told]
    first, second = ends(start_hosts(start_tiny, tmp_path / "run", *paced))
    assert (first[0], second[0]) == (os.EX_TEMPFAIL, os.EX_TEMPFAIL), (first, second)
    assert first[1] == second[1]
    assert int(first[1].split()[1]) < 6
    assert "Run the same command again to go on" in first[2]
    again = ends(start_hosts(start_tiny, tmp_path / "run", {}, {}))
    assert [(code, line) for code, line, _ in again] == [(0, two)] * 2


@pytest.mark.long
@pytest.mark.parametrize("fate", ["kill_at", "freeze_at"])
@pytest.mark.parametrize(
    ("lost", "named"), [(1, "Host 1 of 2 was lost"), (0, "The first host does not answer")]
)
def test_a_lost_host_ends_the_other_and_the_run_goes_on(
    start_tiny, two, tmp_path, lost, named, fate
):
    options = [{}, {}]
    options[lost] = {fate: 5}
    hosts = start_hosts(start_tiny, tmp_path / "run", *options)
    code, _, said = ends([hosts[1 - lost]])[0]
    hosts[lost].kill()  # it may be frozen
    hosts[lost].communicate()
    # JAX ends a process by itself where it finds out first, which the load of the machine decides.
    words = {os.EX_TEMPFAIL: named, -signal.SIGABRT: "Another host was lost"}
    assert words[code] in said.splitlines()[-1]
    assert "Start the same command on every host again" in said.splitlines()[-1]
    again = ends(start_hosts(start_tiny, tmp_path / "run", {}, {}))
    assert [(code, line) for code, line, _ in again] == [(0, two)] * 2


@pytest.mark.long
def test_a_host_that_nobody_joins_says_so(start_tiny, tmp_path):
    (host,) = ends(start_hosts(start_tiny, tmp_path / "run", {"patience": 3, "hosts": 2}))
    assert host[0] == -signal.SIGABRT, host  # by JAX
    assert "The hosts did not find each other in 3 s" in host[2].splitlines()[-1]


@pytest.mark.long
def test_sigterm_at_any_moment_leads_to_the_same_bits(start_tiny, tmp_path):
    """As often as JAXSWAP_SIGTERMS says: to both hosts at once, at a random step."""
    rng = np.random.default_rng(7)
    longer = {"steps": 24}
    whole = ends(start_hosts(start_tiny, tmp_path / "whole", longer, longer))[0][:2]
    for n in range(int(os.environ.get("JAXSWAP_SIGTERMS", "2"))):
        told = longer | {"pause": 0.1, "term_at": int(rng.integers(1, 9))}
        for _ in range(2):  # a run that goes on has to stop as well, even before its first step
            first, second = ends(start_hosts(start_tiny, tmp_path / str(n), told, told))
            assert first[:2] == second[:2], (first, second)
            assert first[0] == os.EX_TEMPFAIL, first
            told["term_at"] = int(first[1].split()[1]) + 1
        again = ends(start_hosts(start_tiny, tmp_path / str(n), longer, longer))
        assert [(code, line) for code, line, _ in again] == [whole] * 2
