"""Where arrays live: the batch spread over all devices, the state copied or split.

The mesh has two axes, and the batch is spread over both. The state is copied along `data`. Along
`fsdp` each large array of it is split, gathered whole for the step's computation, and its gradient
is summed and split again. So `fsdp` devices hold together what each would hold alone, for one
gathering of the parameters a step.

References: Rajbhandari et al. 2020, https://doi.org/10.1109/SC41405.2020.00024 (stage 3);
Xu et al. 2021, https://arxiv.org/abs/2105.04663
"""

from collections.abc import Sequence
from typing import Any, cast

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from jaxswap import config, errors

AXES = ("data", "fsdp")
LEAST_SPLIT = 4096
"""Values in the smallest array that is split: a smaller one costs less to keep than to gather."""


def make_mesh(*, fsdp: int = 1, devices: Sequence[Any] | None = None) -> Mesh:
    """Devices along `data` and `fsdp`, in the order of the hosts.

    Neighbours share the state, so that what is gathered comes from the same host where it can.

    Args:
        fsdp: over how many devices the large arrays of the state are split.
        devices: all of all hosts, unless these.

    Raises:
        RunError: if the devices are not a multiple of `fsdp`.
    """
    found = sorted(
        jax.devices() if devices is None else devices,
        key=lambda device: (device.process_index, device.id),
    )
    if len(found) % fsdp:
        divisors = [n for n in range(1, len(found) + 1) if not len(found) % n]
        raise errors.RunError(
            f"{len(found)} devices cannot form groups of {fsdp}. Set --train.fsdp to a number that "
            f"divides theirs: {_either(fsdp, divisors)}."
        )
    return Mesh(np.array(found).reshape(-1, fsdp), AXES)


def training_mesh(train: config.TrainConfig) -> Mesh:
    """The mesh of a run on all devices of all hosts.

    Raises:
        RunError: if the devices cannot share its batch or state, or hosts have not equally many.
    """
    mesh = make_mesh(fsdp=train.fsdp)
    check_batch_size(train.batch_size, mesh)
    hosts = [device.process_index for device in mesh.devices.flat]
    counts = {host: hosts.count(host) for host in sorted(set(hosts))}
    if len(set(counts.values())) > 1:
        raise errors.RunError(
            f"The hosts have {', '.join(map(str, counts.values()))} devices, but each reads an "
            "equal share of the batch. Give every host equally many (JAX_LOCAL_DEVICE_IDS)."
        )
    return mesh


def check_batch_size(batch_size: int, mesh: Mesh) -> None:
    """Refuse a batch that the devices cannot share evenly.

    Raises:
        RunError: if they cannot, with the nearest batches that they can.
    """
    devices = mesh.devices.size
    if batch_size % devices:
        below = batch_size // devices * devices
        fits = [n for n in (below, below + devices) if n]
        raise errors.RunError(
            f"A batch of {batch_size} cannot be shared evenly by {devices} devices. Set "
            f"--train.batch-size to {_either(batch_size, fits)}."
        )


def replicated(mesh: Mesh) -> NamedSharding:
    """A copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def batched(mesh: Mesh) -> NamedSharding:
    """The first axis spread over the devices."""
    return NamedSharding(mesh, PartitionSpec(AXES))


def split(shape: Sequence[int], mesh: Mesh) -> NamedSharding:
    """How an array of the state is held: split over `fsdp` along one axis, or copied.

    The axis is the longest that `fsdp` divides, the last of equals. An array without
    such an axis, or of fewer than `LEAST_SPLIT` values, is copied.
    """
    parts = mesh.shape["fsdp"]
    axes = [axis for axis, length in enumerate(shape) if length % parts == 0]
    if parts == 1 or not axes or np.prod(shape) < LEAST_SPLIT:
        return replicated(mesh)
    chosen = max(axes, key=lambda axis: (shape[axis], axis))
    return NamedSharding(mesh, PartitionSpec(*[None] * chosen, "fsdp"))


def split_all(tree: PyTree, mesh: Mesh) -> PyTree[NamedSharding]:
    """`split` of every leaf. Moments and averages have their parameter's shape, so its split."""
    return jax.tree.map(lambda leaf: split(leaf.shape, mesh), tree)


def placed(shapes: PyTree[jax.ShapeDtypeStruct], mesh: Mesh) -> PyTree[jax.ShapeDtypeStruct]:
    """The same shapes with where they are held."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=split(leaf.shape, mesh)),
        shapes,
    )


def local_copy(tree: PyTree[jax.Array]) -> PyTree[jax.Array]:
    """Every leaf whole, on one device of this host. All hosts must call it."""

    def whole(leaf: jax.Array) -> jax.Array:
        if not leaf.is_fully_replicated:
            held = cast(NamedSharding, leaf.sharding)  # as `split` and `replicated` place leaves
            everywhere = NamedSharding(held.mesh, PartitionSpec())
            leaf = jax.jit(lambda x: x, out_shardings=everywhere)(leaf)
        return leaf.addressable_data(0)

    return jax.tree.map(whole, tree)


def put_batch(batch: dict[str, np.ndarray], mesh: Mesh) -> dict[str, jax.Array]:
    """This host's rows of the global batch, as one global array over all hosts."""
    return {
        name: jax.make_array_from_process_local_data(batched(mesh), rows)
        for name, rows in batch.items()
    }


def _either(wanted: int, fits: Sequence[int]) -> str:
    """The nearest fits below and above."""
    below = [n for n in fits if n < wanted][-1:]
    above = [n for n in fits if n > wanted][:1]
    return " or ".join(map(str, below + above))
