"""The plan of a training on given devices: what fits, what bounds it, what hosts must deliver."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax

from jaxswap import config, errors
from jaxswap.planning import fitting, program, topology

SHARES = (1.0, 0.5, 0.25)
"""Shares of the chip's peak for which the input is worked out: at best, well done, and as one may
expect at first."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What `jaxswap plan` says.

    Attributes:
        preset: its name.
        where: the devices.
        num_hosts: how many hosts they hang on.
        devices_per_host: how many each host has.
        fsdp: over how many devices the state is split.
        dtype: of the computation.
        batch_per_device: chips of each identity on each device.
        step: the compiled step.
        fit: the largest batch on each device; None if nobody asked, and for devices without a
            memory of their own.
    """

    preset: str
    where: topology.Topology
    num_hosts: int
    devices_per_host: int
    fsdp: int
    dtype: str
    batch_per_device: int
    step: program.Program
    fit: fitting.Fit | None

    @property
    def intensity(self) -> tuple[float, float]:
        """Operations for each byte, at least and at most.

        The memory sees no more bytes than the compiler counts, and no fewer than must be.
        """
        step = self.step
        return step.flops / max(step.bytes_accessed, 1.0), step.flops / step.least_bytes

    def images_per_s(self, share: float) -> float:
        """Pictures of all identities that a device takes in a second at a share of its peak.

        Raises:
            ValueError: if the peak of the devices is not known.
        """
        if self.where.chip is None:
            raise ValueError(f"The peak of {self.where.kind} is not known.")
        steps_per_s = share * self.where.chip.bf16_flops / self.step.flops
        return steps_per_s * self.batch_per_device * len(program.IDENTITIES)


def make_plan(
    preset: str,
    configuration: config.Config,
    where: topology.Topology,
    *,
    batch_per_device: int | None = None,
    largest_batch: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Plan:
    """Compile the step for the devices; if asked, for larger batches until one is refused.

    Args:
        preset: the configuration's name.
        configuration: with dtype and `fsdp` as they are wanted.
        where: the devices; `topology.prepare` was called with it before JAX was imported.
        batch_per_device: chips of each identity on each device; the preset's batch, if not given.
        largest_batch: whether the largest batch is looked for, in up to eight compilations.
        tell: takes a line on what is done now.

    Raises:
        RunError: if there are no such devices, or the step does not fit on them.
    """
    found = topology.devices(where)
    if len(found) < where.size:
        raise errors.RunError(
            f"JAX has {len(found)} CPU devices and {where} asks for {where.size}: it had started "
            "before. Plan in a process of its own."
        )
    batch = batch_per_device or configuration.train.batch_size
    tell(f"Compiling the step of {preset} for {where}, batch {batch} on each device.")
    first = _compile(configuration, found, batch)
    if first is None:
        raise errors.RunError(
            f"The step of {preset} with a batch of {batch} on each device of {where} does not fit "
            "in its memory. Give a smaller --batch or a larger --fsdp."
        )
    fit = None
    if largest_batch and where.chip is not None:
        fit = _fit(configuration, found, batch, first, where.chip.hbm_bytes, tell)
    per_host = topology.devices_per_host(found)
    return Plan(
        preset=preset,
        where=where,
        num_hosts=-(-len(found) // per_host),
        devices_per_host=per_host,
        fsdp=configuration.train.fsdp,
        dtype=configuration.model.dtype,
        batch_per_device=batch,
        step=first,
        fit=fit,
    )


def _fit(
    configuration: config.Config,
    devices: Sequence[Any],
    batch: int,
    first: program.Program,
    capacity: int,
    tell: Callable[[str], None],
) -> fitting.Fit:
    known = first.memory.total
    tell(f"A batch of {batch} takes {known / 2**20:,.1f} of {capacity / 2**20:,.0f} MiB.")
    tries = itertools.count(1)

    def accepts(larger: int) -> bool:
        number = f"{next(tries)} of {fitting.MOST_COMPILES} at most"
        tell(f"Compiling for a batch of {larger} on each device ({number}).")
        return _compile(configuration, devices, larger) is not None

    # What grows with the batch grows in proportion, so the first tries would tell nothing new.
    growing = first.memory.batch + first.memory.temporaries
    likely = (capacity - first.memory.total + growing) * batch // max(growing, 1)
    doubled = batch
    while 2 * doubled <= likely:
        doubled *= 2
    return fitting.largest_batch(accepts, known=batch, first=doubled)


def _compile(
    configuration: config.Config, devices: Sequence[Any], batch: int
) -> program.Program | None:
    """None if the compiler found that it does not fit."""
    try:
        return program.compile_program(configuration, devices, batch_per_device=batch)
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return None
