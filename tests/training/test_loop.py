import dataclasses
import json
import re
import signal

import jax
import numpy as np
import pytest

from jaxswap import errors, images, runs
from jaxswap.events import Events, Progress
from jaxswap.training import locking, loop, metrics, sharding, stopping

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Recorder(Events):
    """Keeps what it hears, and stops where it is told to."""

    def __init__(self, *, stop_at: int = -1):
        self.heard: list[Progress] = []
        self.lines: list[str] = []
        self.pictures: list[tuple[str, tuple[int, ...]]] = []
        self.asked = 0
        self._stop_at = stop_at

    def progress(self, progress):
        self.heard.append(progress)

    def message(self, line):
        self.lines.append(line)

    def picture(self, name, picture_u8):
        self.pictures.append((name, picture_u8.shape))

    def should_stop(self):
        self.asked += 1
        return self.asked == self._stop_at


def params_of(run_dir, step=None):
    return runs.Run.open(run_dir).load_params(step=step)[0]


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    """An uninterrupted run of six steps."""
    run_dir = tmp_path_factory.mktemp("whole") / "run"
    assert tiny.train(run_dir) == 6
    return run_dir


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tiny, whole, tmp_path):
    run_dir = tmp_path / "run"
    tiny.train(run_dir, dataclasses.replace(tiny.CONFIG, steps=3))
    events = Recorder()
    assert tiny.train(run_dir, events=events) == 6
    assert events.lines == ["Going on from step 3 of 6.", "Trained to step 6."]
    assert [progress.done for progress in events.heard] == [3, 4, 5, 6]
    jax.tree.map(np.testing.assert_array_equal, params_of(run_dir), params_of(whole))


def test_the_order_of_the_names_changes_not_a_bit(tiny, whole, tmp_path):
    run_dir = tmp_path / "run"
    loop.train(
        tiny.CONFIG,
        mesh=sharding.training_mesh(tiny.CONFIG.train),
        run_dir=run_dir,
        identities=["b", "a"],
        manifest={"identities": [{"name": "b"}, {"name": "a"}], "preset": "tiny"},
        loader=tiny.MemoryLoader(tiny.CONFIG),
        validation=tiny.VALIDATION,
    )
    assert runs.Run.open(run_dir).identities == ("a", "b")
    assert runs.Run.open(run_dir).fingerprint() == runs.Run.open(whole).fingerprint()
    drawn = [images.read_u8(folder / "preview.png") for folder in (run_dir, whole)]
    np.testing.assert_array_equal(*drawn)


def test_a_run_leaves_what_a_person_looks_for(whole):
    run = runs.Run.open(whole)
    assert run.identities == ("a", "b")
    assert run.steps() == [3, 6]
    assert [report["step"] for report in runs.read_metrics(whole)] == [2, 4, 6]
    assert {"loss", "l1", "mask", "loss/a"} <= set(runs.read_metrics(whole)[0])
    assert images.read_u8(whole / "preview.png").shape[1] == 6 * 128
    assert (whole / "previews" / "00000006.png").is_file()
    assert list((whole / "tensorboard").iterdir())


def test_tensorboard_reads_the_metrics_without_tensorflow(whole):
    from tensorboard.backend.event_processing import event_accumulator

    board = event_accumulator.EventAccumulator(str(whole / "tensorboard"))
    board.Reload()
    found = {event.step: event.value for event in board.Scalars("loss")}
    assert set(found) == {2, 4, 6}
    lines = {report["step"]: report["loss"] for report in runs.read_metrics(whole)}
    assert found[6] == pytest.approx(lines[6], rel=1e-6)


def test_events_hear_of_every_step_and_preview_and_nothing_is_printed(tiny, tmp_path, capfd):
    events = Recorder()
    tiny.train(tmp_path / "run", events=events)
    assert [(one.task, one.done, one.total, one.unit) for one in events.heard] == [
        ("Training", step, 6, "steps") for step in range(7)
    ]
    assert re.fullmatch(r"loss \d\.\d{4}, \d+ images/s(, \d+% waiting.*)?", events.heard[-1].note)
    assert events.pictures[-1] == ("preview", images.read_u8(tmp_path / "run/preview.png").shape)
    assert capfd.readouterr() == ("", "")


def test_a_caller_stops_a_training_as_sigterm_does(tiny, whole, tmp_path):
    events = Recorder(stop_at=2)
    assert tiny.train(tmp_path / "run", events=events) == 2
    assert events.asked == 2  # once a step
    assert "Stopped at step 2 of 6; all is saved" in events.lines[-1]
    assert events.pictures == []  # drawing takes a large model a minute
    assert runs.Run.open(tmp_path / "run").steps() == [2]
    assert tiny.train(tmp_path / "run") == 6
    jax.tree.map(np.testing.assert_array_equal, params_of(tmp_path / "run"), params_of(whole))


def test_only_the_latest_checkpoints_stay(tiny, tmp_path):
    train = dataclasses.replace(tiny.CONFIG.train, save_every=1, keep=2)
    tiny.train(tmp_path / "run", dataclasses.replace(tiny.CONFIG, steps=4, train=train))
    assert runs.Run.open(tmp_path / "run").steps() == [3, 4]


def test_a_finished_run_says_so_and_stays_as_it_is(tiny, whole):
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    events = Recorder()
    assert tiny.train(whole, events=events) == 6
    (line,) = events.lines
    assert "trained to step 6 already. To train on, give more --steps" in line
    assert {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()} == before


def test_two_trainings_in_one_folder_are_refused(tiny, whole):
    with (
        locking.sole_training(whole),
        pytest.raises(errors.RunError, match="Another training is at work"),
    ):
        tiny.train(whole)
    assert tiny.train(whole) == 6


@pytest.mark.parametrize("first", SIGNALS)
def test_signals_mean_what_they_did_before_once_the_training_is_over(first):
    before = [signal.getsignal(number) for number in SIGNALS]
    with stopping.StopRequest() as stop:
        stop.begin()
        assert not stop.requested()
        signal.raise_signal(first)
        assert stop.requested()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_before_the_first_step_a_signal_does_what_it_did_outside():
    with stopping.at_once(), stopping.StopRequest() as stop:
        with pytest.raises(errors.Terminated) as caught:
            signal.raise_signal(signal.SIGHUP)
        assert caught.value.number == signal.SIGHUP
        assert not stop.requested()


def test_an_ignored_signal_stays_ignored():
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.at_once(), stopping.StopRequest() as stop:
            stop.begin()
            signal.raise_signal(signal.SIGHUP)
            assert not stop.requested()
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)


def test_another_configuration_is_refused(tiny, whole):
    other = dataclasses.replace(
        tiny.CONFIG, optimizer=dataclasses.replace(tiny.CONFIG.optimizer, b1=0.9)
    )
    with pytest.raises(errors.RunError, match=r"optimizer\.b1 0\.5 there, 0\.9 here"):
        tiny.train(whole, other)


def test_the_pace_may_change(tiny, whole):
    train = dataclasses.replace(tiny.CONFIG.train, save_every=7, log_every=1)
    assert tiny.train(whole, dataclasses.replace(tiny.CONFIG, train=train)) == 6


def test_other_identities_are_refused(tiny, whole):
    with pytest.raises(errors.RunError, match="identities a, b, not a, c"):
        loop.train(
            tiny.CONFIG,
            mesh=sharding.training_mesh(tiny.CONFIG.train),
            run_dir=whole,
            identities=["a", "c"],
            manifest={"identities": [{"name": "a"}, {"name": "c"}]},
            loader=tiny.MemoryLoader(tiny.CONFIG),
            validation=tiny.VALIDATION,
        )


def test_a_loss_that_is_not_finite_stops_the_run_and_saves_nothing(tiny, tmp_path):
    wild = dataclasses.replace(
        tiny.CONFIG,
        steps=9,
        optimizer=dataclasses.replace(tiny.CONFIG.optimizer, learning_rate=1e30, warmup_steps=0),
        train=dataclasses.replace(tiny.CONFIG.train, save_every=1),
    )
    with pytest.raises(errors.DivergedError, match=r"not finite since step 2\. .*step 1"):
        tiny.train(tmp_path / "run", wild)
    assert runs.Run.open(tmp_path / "run").steps() == [1]


def test_a_loss_that_is_not_finite_stops_the_run_long_before_the_next_save(tiny, tmp_path):
    drawn = []
    wild = dataclasses.replace(
        tiny.CONFIG,
        steps=1000,
        optimizer=dataclasses.replace(tiny.CONFIG.optimizer, learning_rate=1e30, warmup_steps=0),
        train=dataclasses.replace(tiny.CONFIG.train, save_every=1000, log_every=1000),
    )
    with pytest.raises(errors.DivergedError, match=r"not finite since step 2\. None was saved"):
        tiny.train(tmp_path / "run", wild, on_batch=drawn.append)
    assert drawn[-1] <= 4


def test_a_broken_checkpoint_is_named_with_the_one_before(tiny, tmp_path):
    run_dir = tmp_path / "run"
    tiny.train(run_dir)
    for path in (run_dir / "checkpoints" / "6" / "state").rglob("*"):
        if path.is_file():
            path.write_bytes(b"broken")
    with pytest.raises(errors.RunError, match=r"6 cannot be read.*go on from step 3"):
        tiny.train(run_dir, dataclasses.replace(tiny.CONFIG, steps=8))


def test_metrics_of_steps_that_come_again_are_dropped(tmp_path):
    writer = metrics.Writer(tmp_path, step=0)
    for step in (1, 2, 3):
        writer.write(step, {"loss": float(step)})
    writer.close()
    with (tmp_path / "metrics.jsonl").open("a") as lines:
        lines.write('{"step": 4, "lo')  # cut off by a crash
    metrics.Writer(tmp_path, step=2).close()
    assert [report["step"] for report in runs.read_metrics(tmp_path)] == [1, 2]


def test_checkpoints_hold_configuration_position_and_manifest(whole):
    folder = whole / "checkpoints" / "6"
    position = json.loads((folder / "position" / "metadata").read_text())
    manifest = json.loads((folder / "manifest" / "metadata").read_text())
    assert position == {"batches": 6}
    assert manifest["config"]["seed"] == 5
    assert not [path for path in folder.rglob("*") if path.suffix in (".pkl", ".pickle")]
