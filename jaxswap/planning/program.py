"""The training step compiled for devices, and what its program says of itself."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from jaxswap import config, errors
from jaxswap.planning import collectives, expectations
from jaxswap.training import sharding, state, step

IDENTITIES = 2


@dataclasses.dataclass(frozen=True)
class Memory:
    """Bytes on each device while a step runs, by what they are for.

    Attributes:
        parameters: of the model.
        moments: of the optimizer, with its counter.
        average: running average of the parameters.
        batch: the pictures of a step.
        temporaries: all that the step computes and drops: activations, gradients, gathered
            parameters.
        code: the program.
        padding: what the layout on the device adds to the first four.
    """

    parameters: int
    moments: int
    average: int
    batch: int
    temporaries: int
    code: int
    padding: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(dataclasses.astuple(self))


@dataclasses.dataclass(frozen=True)
class Program:
    """One compiled training step, by what each device does in it.

    Attributes:
        memory: in bytes.
        flops: multiplications and additions, as the compiler counts them.
        bytes_accessed: bytes that its operations read and write, as the compiler counts them: more
            than the memory sees. What stays in the chip's scratchpad counts, and the places where
            the augmentation reads a picture count as if each were read from memory.
        sent: the collectives.
        unexpected: a sentence on each kind of them that should not be there.
    """

    memory: Memory
    flops: float
    bytes_accessed: float
    sent: tuple[collectives.Collective, ...]
    unexpected: tuple[str, ...]

    @property
    def least_bytes(self) -> int:
        """Bytes that the memory must see.

        All that is kept is read and renewed, the batch is read, and what is dropped was written and
        read once.
        """
        memory = self.memory
        renewed = memory.parameters + memory.moments + memory.average
        return 2 * renewed + memory.batch + 2 * memory.temporaries


def compile_program(
    configuration: config.Config, devices: Sequence[Any], *, batch_per_device: int
) -> Program:
    """Compile the step of `jaxswap train` for two identities.

    Args:
        configuration: its batch size is not read.
        devices: what to compile for; they need not be here.
        batch_per_device: chips of each identity on each device.

    Raises:
        RunError: if the devices are not a multiple of `configuration.train.fsdp`, or their
            compiler does not show what it made.
        jax.errors.JaxRuntimeError: if the compiler refuses, as it does what would not fit.
    """
    train = dataclasses.replace(configuration.train, batch_size=batch_per_device * len(devices))
    configuration = dataclasses.replace(configuration, train=train)
    mesh = sharding.make_mesh(fsdp=train.fsdp, devices=devices)
    compiled = step.compile_step(configuration, mesh, num_identities=IDENTITIES)
    shapes = state.shapes(configuration, num_identities=IDENTITIES)
    text = compiled.as_text()
    if text is None:
        raise errors.RunError(
            f"The compiler for {devices[0].device_kind} does not show its program, so that nothing "
            "can be said of it. Plan for another topology."
        )
    sent = collectives.read(text)
    counted = compiled.cost_analysis() or {}
    return Program(
        memory=_memory(configuration, mesh, shapes, compiled.memory_analysis()),
        flops=float(counted.get("flops", 0)),
        bytes_accessed=float(counted.get("bytes accessed", 0)),
        sent=tuple(sent),
        unexpected=tuple(expectations.unexpected(sent, _parameters(shapes.params, mesh))),
    )


def _memory(
    configuration: config.Config, mesh: jax.sharding.Mesh, shapes: state.TrainState, told: Any
) -> Memory:
    side = configuration.data.chip_size
    rows = configuration.train.batch_size // mesh.devices.size
    parts = {
        "parameters": _held_bytes(shapes.params, mesh),
        "moments": _held_bytes(shapes.opt_state, mesh),
        "average": _held_bytes(shapes.ema, mesh),
        "batch": 2 * rows * IDENTITIES * side * side * 3,  # pictures and regions, a byte a value
    }
    held = told.argument_size_in_bytes + told.output_size_in_bytes - told.alias_size_in_bytes
    return Memory(
        **parts,
        temporaries=told.temp_size_in_bytes,
        code=told.generated_code_size_in_bytes,
        padding=max(0, held - sum(parts.values())),
    )


def _held_bytes(shapes: Any, mesh: jax.sharding.Mesh) -> int:
    """Bytes that each device holds of a part of the state."""
    return sum(
        int(np.prod(sharding.split(leaf.shape, mesh).shard_shape(leaf.shape), dtype=np.int64))
        * leaf.dtype.itemsize
        for leaf in jax.tree.leaves(shapes)
    )


def _parameters(params: Any, mesh: jax.sharding.Mesh) -> expectations.Parameters:
    sizes = [(leaf.size, sharding.split(leaf.shape, mesh)) for leaf in jax.tree.leaves(params)]
    return expectations.Parameters(
        size=sum(size for size, _ in sizes),
        split_size=sum(size for size, where in sizes if "fsdp" in where.spec),
        fsdp=mesh.shape["fsdp"],
        num_devices=mesh.devices.size,
    )
