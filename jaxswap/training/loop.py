"""The training loop.

Invariant: checkpoint `n` means `n` updates applied and `n` batches drawn. Everything random in step
`n` follows from the seed and `n`, so a run that was stopped goes on to the same bits.
"""

import contextlib
from collections.abc import Sequence
from concurrent import futures
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import UInt8

from jaxswap import checkpoints, config, errors, runs
from jaxswap.events import SILENT, Events
from jaxswap.training import locking, previews, reporting, sharding, state, stopping
from jaxswap.training import step as training_step


@runtime_checkable
class Loader(Protocol):
    """Batches without end, from a position that can be saved."""

    def __next__(self) -> dict[str, UInt8[np.ndarray, "b i h w 3"]]:
        """This host's rows of the next global batch: `image` and `regions`."""
        ...

    def position(self) -> dict[str, Any]:
        """Where the next batch comes from, as JSON values."""
        ...

    def seek(self, position: dict[str, Any]) -> None:
        """Go on from a position."""
        ...


def train(
    configuration: config.Config,
    *,
    mesh: Mesh,
    run_dir: Path,
    identities: Sequence[str],
    manifest: dict[str, Any],
    loader: Loader,
    validation: previews.Validation,
    events: Events = SILENT,
) -> int:
    """Train to `configuration.steps`, from the latest checkpoint of `run_dir` if it has one.

    The checkpoint may be of another mesh.

    Args:
        configuration: of the whole run.
        mesh: what `sharding.training_mesh` makes.
        run_dir: folder of the run.
        identities: names, whose order changes nothing: that of the batches is the sorted one.
        manifest: what is written about a new run.
        loader: this host's share of the batches.
        validation: chips for the previews.
        events: hears of each step, on the first host alone, and may stop the training on any.

    Returns:
        The step that was reached; it is below `configuration.steps` after Ctrl-C or SIGTERM, or
        where `events` said stop.

    Raises:
        RunError: if the run was begun with another configuration, a checkpoint is broken, or
            another training is at work in the folder.
        DivergedError: if the loss is not finite.
        OutputError: if a checkpoint could not be written.
    """
    first = jax.process_index() == 0
    with locking.sole_training(run_dir) if first else contextlib.nullcontext():
        run = runs.Run(
            path=run_dir,
            config=configuration,
            identities=tuple(sorted(identities)),
            manifest=manifest,
        ).going_on()
        if run.steps() and run.steps()[-1] >= configuration.steps:
            if first:
                events.message(
                    f"The run is trained to step {run.steps()[-1]} already. To train on, give more "
                    "--steps."
                )
            return run.steps()[-1]
        if first:
            run.write()
        return _train(run, loader, validation, mesh, events)


def _train(
    run: runs.Run, loader: Loader, validation: previews.Validation, mesh: Mesh, events: Events
) -> int:
    configuration = run.config
    with (
        checkpoints.Store(run.checkpoints_dir, keep=configuration.train.keep) as store,
        stopping.StopRequest(events=events) as stop,
        futures.ThreadPoolExecutor(1) as aside,
    ):
        # The step compiles while the first state is made and the loader begins.
        compiling = aside.submit(
            training_step.compile_step, configuration, mesh, identities=run.identities
        )
        current, start = _first_state(run, store, loader, mesh)
        reporter = reporting.Reporter(run, start, validation, events=events)
        try:
            if start:
                reporter.say(f"Going on from step {start} of {configuration.steps}.")
            done = start
            for step in range(start, configuration.steps):
                with reporter.loading():  # while the devices work on the step before
                    batch = sharding.put_batch(next(loader), mesh)
                compiled = compiling.result()
                stop.begin()
                current, values = compiled(current, batch)
                done = step + 1
                finite = reporter.after_step(done, values)
                stopping_now = stop.requested()
                if stopping_now or not finite or _due(done, configuration):
                    _check_finite(current, store)  # before the save: no such state is ever kept
                    store.save(
                        done,
                        current,
                        position=loader.position(),
                        manifest={"config": config.to_dict(configuration), **run.manifest},
                    )
                if stopping_now:
                    break
                reporter.preview(done, current)
            store.wait()
            reporter.finish(done, current, stopped=done < configuration.steps)
        finally:
            reporter.close()
    return done


def _due(done: int, configuration: config.Config) -> bool:
    return done % configuration.train.save_every == 0 or done == configuration.steps


def _first_state(
    run: runs.Run, store: checkpoints.Store, loader: Loader, mesh: Mesh
) -> tuple[state.TrainState, int]:
    """The state of the latest checkpoint, with the loader at its position; else a new one."""

    def create() -> state.TrainState:
        return state.create(run.config, identities=run.identities)

    shapes = state.shapes(run.config, identities=run.identities)
    steps = store.steps()
    if not steps:
        return jax.jit(create, out_shardings=sharding.split_all(shapes, mesh))(), 0
    restored, position = store.restore(steps[-1], sharding.placed(shapes, mesh))
    loader.seek(position)
    return restored, steps[-1]


def _check_finite(current: state.TrainState, store: checkpoints.Store) -> None:
    diverged_at = int(current.diverged_at)
    if diverged_at >= 0:
        store.wait()
        steps = store.steps()
        last = f"The last good checkpoint is of step {steps[-1]}" if steps else "None was saved yet"
        raise errors.DivergedError(
            f"The loss or its gradient is not finite since step {diverged_at}. {last}. "
            "Train in a new run folder with a lower --optimizer.learning-rate, and look for broken "
            "chips in the facesets."
        )
