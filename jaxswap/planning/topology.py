"""Devices that a step is compiled for: virtual ones of this CPU, or a TPU slice elsewhere."""

import dataclasses
import importlib.util
import math
import re
from collections import Counter
from collections.abc import MutableMapping
from typing import Any

from jaxswap import errors
from jaxswap.planning import chips

_FORM = re.compile(r"([a-z0-9]+):(\d+(?:x\d+)*)")
_MOST_CPUS = 512
_TPU_ENVIRONMENT = {
    "JAX_PLATFORMS": "cpu",
    # Else libtpu asks the metadata server of a machine in Google's cloud, which is not there.
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # it only compiles, beside whatever uses the TPUs
    "TPU_STDERR_LOG_LEVEL": "3",
    "TPU_MIN_LOG_LEVEL": "3",
}


@dataclasses.dataclass(frozen=True)
class Topology:
    """A kind of device and how many of them, such as `v5e:4x4` or `cpu:8`.

    Attributes:
        kind: `cpu`, or one of `chips.CHIPS`.
        shape: how they are arranged.
    """

    kind: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many devices it has."""
        return math.prod(self.shape)

    @property
    def chip(self) -> chips.Chip | None:
        """What its makers say of the chip; None of a CPU."""
        return chips.CHIPS.get(self.kind)

    def __str__(self) -> str:
        return f"{self.kind}:{'x'.join(map(str, self.shape))}"


def parse(text: str) -> Topology:
    """A topology from its name.

    Raises:
        ValueError: if the text names none.
    """
    found = _FORM.fullmatch(text)
    shape = tuple(map(int, found[2].split("x") if found else ()))
    if (
        found is None
        or found[1] not in ("cpu", *chips.CHIPS)
        or 0 in shape
        or (found[1] == "cpu" and (len(shape) != 1 or shape[0] > _MOST_CPUS))
    ):
        raise ValueError(
            f"A topology is cpu:N with N up to {_MOST_CPUS}, or a TPU slice such as v5e:4x4 or "
            f"v5p:2x2x1 ({', '.join(chips.CHIPS)}), not {text!r}."
        )
    return Topology(found[1], shape)


def prepare(topology: Topology, environ: MutableMapping[str, str]) -> None:
    """Set what JAX reads when it starts. It must not have started.

    Raises:
        MissingExtraError: if TPUs are asked for and their compiler is not installed.
    """
    if topology.kind == "cpu":
        environ.update({"JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": str(topology.size)})
        return
    if importlib.util.find_spec("libtpu") is None:
        raise errors.MissingExtraError(
            f"To compile for {topology.kind}, the compiler for TPUs is needed; no TPU is. Install "
            'it, a download of 210 MB: pip install ".[tpu]"'
        )
    environ.update(_TPU_ENVIRONMENT)


def devices(topology: Topology) -> list[Any]:
    """Its devices, in the order of their hosts.

    Raises:
        RunError: if there is no such slice.
    """
    import jax
    from jax.experimental import topologies

    if topology.kind == "cpu":
        return jax.devices("cpu")[: topology.size]
    try:
        found = topologies.get_topology_desc(platform="tpu", topology_name=str(topology))
    except Exception as error:  # libtpu raises what it likes
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise errors.RunError(
            f"The compiler for TPUs knows no slice {topology} ({reason}). Name one that there is, "
            "such as v5e:4x4 or v5p:2x2x1."
        ) from error
    return list(found.devices)


def devices_per_host(found: list[Any]) -> int:
    """How many of them each host has, the fullest host if they differ."""
    return max(Counter(device.process_index for device in found).values())
