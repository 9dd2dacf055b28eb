# pyright: strict
"""`jaxswap.plan`: what the training step needs on devices that need not be here."""

import os
from typing import TYPE_CHECKING

from jaxswap import config as configs
from jaxswap import presets
from jaxswap.events import SILENT, Events
from jaxswap.planning import topology as topologies

if TYPE_CHECKING:
    from jaxswap.planning.plan import Plan


def plan(
    config: configs.Config | str,
    topology: str,
    *,
    batch_per_device: int | None = None,
    largest_batch: bool = False,
    events: Events | None = None,
) -> "Plan":
    """Compile the training step for a TPU slice or for virtual CPUs, none of which is needed.

    JAX reads its devices from the environment, which is set here: call `plan` in a process of its
    own, before anything else uses JAX.

    Args:
        config: what would be trained, with two identities, or the name of a preset.
        topology: the devices, such as `cpu:8`, `v5e:4x4`, `v5p:2x2x4`.
        batch_per_device: chips of each identity on each device; None takes the configuration's.
        largest_batch: whether the largest batch that fits is looked for, too, in up to eight more
            compilations of a minute or more each.
        events: hears of each compilation.

    Raises:
        MissingExtraError: if the compiler for TPUs is not installed.
        RunError: if there are no such devices, or the step does not fit on them.
        ValueError: if no preset or topology has that name, or the batch is below 1.
    """
    if batch_per_device is not None and batch_per_device < 1:
        raise ValueError(f"`batch_per_device` must be >= 1, not {batch_per_device}.")
    configuration = presets.named(config) if isinstance(config, str) else config
    where = topologies.parse(topology)
    topologies.prepare(where, os.environ)
    from jaxswap.planning import plan as plans  # JAX reads the environment when it is imported

    return plans.make_plan(
        presets.name_of(configuration) or "this configuration",
        configuration,
        where,
        batch_per_device=batch_per_device,
        largest_batch=largest_batch,
        tell=(SILENT if events is None else events).message,
    )
