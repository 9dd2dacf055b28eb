# pyright: strict
"""Options for several hosts that train one run together."""

import dataclasses
from typing import Annotated

import tyro

from jaxswap import Hosts


@dataclasses.dataclass(frozen=True, kw_only=True)
class HostOptions:
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
        self.hosts()

    def hosts(self) -> Hosts:
        """The same for the library.

        Raises:
            ValueError: if some of the values are there and others are not.
        """
        return Hosts(
            join=self.join, coordinator=self.coordinator, count=self.count, index=self.index
        )
