# pyright: strict
"""`jaxswap.train`: facesets -> run."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from jaxswap import config as configs
from jaxswap import errors, notices, presets, reports
from jaxswap.api import manifest, paths, run_data
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies, urls
from jaxswap.training import loop, sharding, stopping
from jaxswap.training.hosts import ALONE, Hosts
from pipelines import dataset


def train(
    identities: Mapping[str, paths.AnyPath],
    run: paths.AnyPath,
    *,
    config: configs.Config | str = "quick",
    hosts: Hosts = ALONE,
    events: Events | None = None,
) -> reports.TrainingReport:
    """Train one model for two or more identities, or go on with a run that was stopped.

    `events.should_stop` is asked after each step. In the main thread SIGTERM, SIGHUP and Ctrl-C
    stop the training in the same way: a checkpoint is saved, and the same call goes on from there.

    Args:
        identities: by name, a faceset, or for all of them one and the same built dataset.
        run: the run folder, which gets data, checkpoints, metrics and previews.
        config: all that determines the run, or the name of a preset.
        hosts: others that train the same run, each by the same call.
        events: hears of each step and preview, on the first host alone.

    Raises:
        DatasetError: if a dataset is broken, or several hosts have none yet.
        DivergedError: if the loss is not finite.
        FacesetError: if a faceset is none, is broken or has too few chips.
        OutputError: if a checkpoint could not be written.
        RunError: if the run was begun with other identities or another configuration, or the hosts
            do not find each other.
        ValueError: if there are fewer than two identities, or no preset has that name.
    """
    if len(identities) < 2:
        raise ValueError(f"`identities` must be two or more, not {len(identities)}.")
    configuration = presets.named(config) if isinstance(config, str) else config
    events = SILENT if events is None else events
    noticed = notices.Notices()
    place = paths.place(run)
    if hosts.join and isinstance(place, urls.Url):
        raise errors.RunError(
            f"Several hosts write one run folder together, and {place} is none. Mount the "
            "bucket on all of them, and give --run that path."
        )
    # With other hosts JAX takes SIGTERM, as soon as they have met.
    with (
        contextlib.nullcontext() if hosts.join else stopping.at_once(),
        hosts.joined(),
        local_copies.LocalCopies(events=events) as copies,
        copies.run(place, keep=configuration.train.keep) as folder,
    ):
        named = {name: copies.fetch(where) for name, where in paths.places(identities).items()}
        data = run_data.prepare(
            folder,
            named,
            data=configuration.data,
            may_build=not hosts.join,
            noticed=noticed,
            events=events,
        )
        for line in noticed.lines:  # now, since the end may be days away
            events.message(f"{line}.")
        step = _train(folder, named, configuration, data, copies, events=events)
    return reports.TrainingReport(
        path=os.fspath(run),
        step=step,
        steps=configuration.steps,
        stopped=step < configuration.steps,
        notices=noticed.lines,
    )


def _train(
    run: Path,
    identities: Mapping[str, Path],
    configuration: configs.Config,
    data: dataset.Dataset,
    copies: local_copies.LocalCopies,
    *,
    events: Events,
) -> int:
    names = list(identities)
    mesh = sharding.training_mesh(configuration.train)
    chips = run_data.validation_chips(data, names, limit=run_data.PREVIEW_CHIPS)
    with contextlib.closing(run_data.batches(data, names, configuration=configuration)) as loader:
        return loop.train(
            configuration,
            mesh=mesh,
            run_dir=run,
            identities=names,
            manifest=manifest.collect(
                presets.name_of(configuration), run_data.manifest_entries(data, identities, copies)
            ),
            loader=loader,
            validation=run_data.pictures(chips),
            events=events,
        )
