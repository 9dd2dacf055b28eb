# pyright: strict
"""`jaxswap plan`: what the training step needs on devices that need not be here."""

import dataclasses
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

import jaxswap
from jaxswap import config, presets
from jaxswap.cli.command import Command
from jaxswap.events import Events
from jaxswap.planning import topology

if TYPE_CHECKING:
    from jaxswap import Plan as PlanReport

_DTYPES = {"bf16": "bfloat16", "f32": "float32"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan(Command):
    """Say what the training step needs on a TPU slice or on virtual CPUs, none of which is needed.

    The step is compiled for them by their own compiler: memory by part, operations, what is sent
    between devices, and what the hosts must deliver. The exit code is 1 if anything is sent that
    should not be. For TPUs, install the extra `tpu`.

    Example: jaxswap plan --preset original-2017 --topology v5e:4x4 --precision bf16
    """

    preset: Annotated[str, tyro.conf.arg(metavar="{" + ",".join(presets.PRESETS) + "}")]
    """Configuration of the training, with two identities."""
    topology: Annotated[str, tyro.conf.arg(metavar="KIND:SHAPE")]
    """Devices: cpu:8, or a TPU slice such as v5e:4x4, v6e:8x8, v5p:2x2x4."""
    batch: Annotated[int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="")] = None
    """Chips of each identity on each device. Without it, the preset's batch on each."""
    precision: Annotated[
        Literal["bf16", "f32"] | None, tyro.conf.arg(metavar="{bf16,f32}", help_behavior_hint="")
    ] = None
    """Type of the computation. Without it, the preset's."""
    fsdp: int = 1
    """Devices that share one copy of the state, as --train.fsdp."""
    largest_batch: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also look for the largest batch that fits, in up to eight more compilations."""

    def __post_init__(self) -> None:
        presets.named(self.preset)
        topology.parse(self.topology)
        for name in ("batch", "fsdp"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"--{name} must be >= 1, not {value}.")

    def call(self, events: Events) -> "PlanReport":
        return jaxswap.plan(
            self._configuration(),
            self.topology,
            batch_per_device=self.batch,
            largest_batch=self.largest_batch,
            events=events,
        )

    def show(self, report: "PlanReport") -> None:
        from jaxswap.planning import writing

        print("\n".join(writing.lines(report)))

    def values(self, report: "PlanReport") -> dict[str, Any]:
        from jaxswap.planning import writing

        return writing.to_dict(report)

    def code(self, report: "PlanReport") -> int:
        if not report.step.unexpected:
            return 0
        print(
            "jaxswap: The step sends what data-parallel training does not need; see the lines "
            "above. Please report it, with the versions of jax and libtpu.",
            file=sys.stderr,
        )
        return 1

    def _configuration(self) -> config.Config:
        chosen = presets.named(self.preset)
        model = chosen.model
        if self.precision is not None:
            model = dataclasses.replace(model, dtype=_DTYPES[self.precision])
        train = dataclasses.replace(chosen.train, fsdp=self.fsdp)
        return dataclasses.replace(chosen, model=model, train=train)
