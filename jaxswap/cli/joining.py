"""Several hosts that train one run together: each starts the same command."""

import dataclasses
from typing import Annotated

import tyro

from jaxswap import errors


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hosts:
    """Several hosts that train one run together."""

    join: tyro.conf.FlagCreatePairsOff[bool] = False
    """Join the other hosts of the job. They find each other on Cloud TPU, Slurm, Open MPI and
    Kubernetes; elsewhere give the three options below."""
    coordinator: Annotated[
        str | None, tyro.conf.arg(metavar="HOST:PORT", help_behavior_hint="")
    ] = None
    """Address of the first host, which all others reach."""
    count: Annotated[int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="")] = None
    """How many hosts there are."""
    index: Annotated[int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="")] = None
    """Which of them this is, from 0."""

    def __post_init__(self) -> None:
        named = [value is not None for value in (self.coordinator, self.count, self.index)]
        if any(named) and not (self.join and all(named)):
            raise ValueError(
                "--hosts.coordinator, --hosts.count and --hosts.index go together, with "
                "--hosts.join: give all or none."
            )

    def enter(self) -> None:
        """Join the job, before anything else uses a device.

        Raises:
            RunError: if the hosts do not find each other.
        """
        if not self.join:
            return
        import jax

        try:
            jax.distributed.initialize(self.coordinator, self.count, self.index)
        except (ValueError, RuntimeError) as error:
            raise errors.RunError(
                f"The hosts did not find each other ({str(error).splitlines()[0]}). Give "
                "--hosts.coordinator, --hosts.count and --hosts.index."
            ) from error


ALONE = Hosts()
