"""`jaxswap train`: facesets -> run."""

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Annotated

import tyro

from jaxswap import config, errors, presets
from jaxswap.cli import identities, joining
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies, urls


@dataclasses.dataclass(frozen=True, kw_only=True)
class Train:
    """Train one model for two or more identities, or go on with a run that was stopped.

    Ctrl-C or SIGTERM saves a checkpoint and stops with exit code 75; the same command goes on.

    Example: jaxswap train --identity a=faces/anna --identity b=faces/ben --run runs/anna-ben
    """

    identity: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="NAME=FACESET")
    ]
    """An identity: the name you give it, and its faceset (or a built dataset that has it)."""
    run: Place
    """Run folder: data, checkpoints, metrics and previews. All that is written goes here."""
    preset: Annotated[str, tyro.conf.arg(metavar="{" + ",".join(presets.PRESETS) + "}")] = "quick"
    """Configuration to start from; the defaults below are this preset's."""
    configuration: Annotated[config.Config, tyro.conf.arg(name="")] = presets.QUICK
    hosts: joining.Hosts = joining.ALONE

    def __post_init__(self) -> None:
        if len(identities.parse(self.identity)) < 2:
            raise ValueError(
                f"Training needs two or more identities, not {len(self.identity)}: "
                "give --identity NAME=FACESET for each."
            )

    def __call__(self) -> int:
        """Build the dataset where there is none, then train to the last step."""
        from jaxswap.training import stopping

        if self.hosts.join and isinstance(self.run, urls.Url):
            raise errors.RunError(
                f"Several hosts write one run folder together, and {self.run} is none. Mount the "
                "bucket on all of them, and give --run that path."
            )
        # With other hosts JAX takes SIGTERM, as soon as they have met.
        with (
            contextlib.nullcontext() if self.hosts.join else stopping.at_once(),
            self.hosts.joined(),
            local_copies.LocalCopies() as copies,
            copies.run(self.run, keep=self.configuration.train.keep) as run,
        ):
            reached = self._train(run, copies)
        print(f"The run is {self.run}")
        return 0 if reached >= self.configuration.steps else os.EX_TEMPFAIL

    def _train(self, run: Path, copies: local_copies.LocalCopies) -> int:
        from jaxswap.cli import manifest, run_data
        from jaxswap.training import loop, sharding

        named = {
            name: copies.fetch(place) for name, place in identities.parse(self.identity).items()
        }
        data = run_data.prepare(
            run, named, data=self.configuration.data, may_build=not self.hosts.join
        )
        mesh = sharding.training_mesh(self.configuration.train)
        chips = run_data.validation_chips(data, list(named), limit=run_data.PREVIEW_CHIPS)
        with contextlib.closing(
            run_data.batches(data, list(named), configuration=self.configuration)
        ) as loader:
            return loop.train(
                self.configuration,
                mesh=mesh,
                run_dir=run,
                identities=list(named),
                manifest=manifest.collect(
                    self.preset, run_data.manifest_entries(data, named, copies)
                ),
                loader=loader,
                validation=run_data.pictures(chips),
            )
