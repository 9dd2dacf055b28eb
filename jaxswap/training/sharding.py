"""Where arrays live: the state on every device, each batch spread over all of them."""

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxswap import errors


def make_mesh() -> Mesh:
    """All devices of all hosts along one axis, `data`, in the order of the hosts."""
    devices = sorted(jax.devices(), key=lambda device: (device.process_index, device.id))
    return Mesh(np.array(devices), ("data",))


def replicated(mesh: Mesh) -> NamedSharding:
    """A copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def batched(mesh: Mesh) -> NamedSharding:
    """The first axis spread over the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def check_batch_size(batch_size: int, mesh: Mesh) -> None:
    """Refuse a batch that the devices cannot share evenly.

    Raises:
        RunError: if they cannot.
    """
    devices = mesh.devices.size
    if batch_size % devices:
        raise errors.RunError(
            f"A batch of {batch_size} cannot be shared evenly by {devices} devices. Set "
            f"--train.batch-size to a multiple of {devices}."
        )


def put_batch(batch: dict[str, np.ndarray], mesh: Mesh) -> dict[str, jax.Array]:
    """This host's rows of the global batch, as one global array over all hosts."""
    return {
        name: jax.make_array_from_process_local_data(batched(mesh), rows)
        for name, rows in batch.items()
    }
