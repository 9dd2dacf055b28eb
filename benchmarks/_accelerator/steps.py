"""Time, rate, share of the peak, compile time and memory of training steps.

Chips lie on the device already, the state is used up by each step and stays there, and what is
waited for is the last step of a sample.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from benchmarks import _layers, measuring
from benchmarks import step as step_benchmark
from benchmarks._accelerator import peaks, sections, sizes, timing
from jaxswap import config
from jaxswap.training import sharding, state, step

NUM_IDENTITIES = 2


@dataclasses.dataclass(frozen=True)
class Case:
    """A program to measure.

    Attributes:
        preset: what its configuration is called.
        work: step: as `jaxswap train` runs it, augmentation and heads included. network: what
            PyTorch's rows do, the same layers with plain L1 on pictures augmented before.
        configuration: of the preset, at this batch and type.
        matmul: JAX's precision of products; None for its default.
    """

    preset: str
    work: str
    configuration: config.Config
    matmul: str | None = None

    @property
    def name(self) -> str:
        """For people, and different for each."""
        chosen = self.configuration
        precision = f", {self.matmul}" if self.matmul else ""
        return (
            f"{self.preset} {self.work}, batch {chosen.train.batch_size}, "
            f"{chosen.model.dtype}{precision}"
        )

    def settings(self) -> dict[str, Any]:
        """As JSON values."""
        return {**vars(self), "configuration": config.to_dict(self.configuration)}

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Case":
        """From what `settings` gave."""
        own = config.from_dict(config.Config, settings["configuration"])
        return cls(**{**settings, "configuration": own})


def cases(size: sizes.Size) -> list[Case]:
    """All programs, the most important first."""
    found = []
    for batch_size in size.batch_sizes:
        for one in size.measured:
            for dtype in size.dtypes:
                chosen = sizes.choose(one.name, batch_size=batch_size, dtype=dtype)
                found.append(Case(one.name, "step", chosen))
                if one.torch:
                    found.append(Case(one.name, "network", step_benchmark.plain(chosen)))
    first, batch_size = size.measured[0].name, size.batch_sizes[0]
    # What float32 costs where its products are not shortened.
    in_full = sizes.choose(first, batch_size=batch_size, dtype="float32")
    return [*found, Case(first, "step", in_full, matmul="highest")]


def same(size: sizes.Size) -> list[Case]:
    """The programs whose runs must have the same bits, the smallest first."""
    return [
        Case(one.name, "step", sizes.choose(one.name, batch_size=size.same))
        for one in reversed(size.measured)
    ]


class Program(NamedTuple):
    """A compiled step."""

    run: Callable[[Any, Any], tuple[Any, Any]]
    compile_s: float
    mib: float | None
    """Memory that the program has beside what is there: state, batch and temporaries."""


def measure(
    tell: sections.Teller,
    *,
    cases: Sequence[Mapping[str, Any]],
    pace: Sequence[float],
    at_once: int,
) -> None:
    """A section: a row for each case. So many are compiled at once, and none while one is timed."""
    found = [Case.of(settings) for settings in cases]
    tell.plan([case.name for case in found])
    with futures.ThreadPoolExecutor(at_once) as pool:
        for start in range(0, len(found), at_once):
            group = found[start : start + at_once]
            compiling = {case: pool.submit(compiled, case) for case in group}
            futures.wait(compiling.values())
            for case, program in compiling.items():
                with tell.attempt(case.name):
                    values = row(case, program.result(), pace=timing.Pace(*pace))
                    tell.row(case.name, {**values, "compiled at once": len(group)})


def compiled(case: Case) -> Program:
    """Compile it for the first device."""
    names = measuring.names(NUM_IDENTITIES)
    chosen, made = case.configuration, []

    def build() -> None:
        if case.work == "network":
            program, batch = step_benchmark.network(chosen, num_identities=NUM_IDENTITIES)
            made.append(program.lower(state.shapes(chosen, identities=names), batch).compile())
        else:
            made.append(step.compile_step(chosen, _mesh(), identities=names))

    with jax.default_matmul_precision(case.matmul) if case.matmul else contextlib.nullcontext():
        taken = measuring.sample(build)
    return Program(made[0], taken.wall_s, _mib(made[0]))


def row(case: Case, program: Program, *, pace: timing.Pace) -> dict[str, Any]:
    """Measure a compiled case."""
    chosen = case.configuration
    chain = Chain(program.run, first_state(chosen), batch_of(case))
    seconds = timing.spread(chain, pace=pace)
    images = chosen.train.batch_size * NUM_IDENTITIES
    layers = _layers.layers(
        chosen.model, batch_size=chosen.train.batch_size, num_identities=NUM_IDENTITIES
    )
    flop = _layers.step_flop(layers)
    peak = peaks.flops(jax.devices()[0].device_kind, dtype=chosen.model.dtype, matmul=case.matmul)
    return described(case.preset, case.work, chosen, case.matmul) | {
        "step ms": timing.milliseconds(seconds),
        "images/s": timing.inverse(seconds, units=images),
        "TFLOP/s": flop / 1e12 / seconds.median,
        "of the peak": "" if peak is None else flop / peak / seconds.median,
        "compile s": program.compile_s,
        "peak MiB": "" if program.mib is None else program.mib,
    }


def described(
    preset: str, who: str, chosen: config.Config, matmul: str | None = None
) -> dict[str, Any]:
    """The first columns of a row."""
    dtype = chosen.model.dtype + (f", {matmul}" if matmul else "")
    return {"preset": preset, "who": who, "batch": chosen.train.batch_size, "type": dtype}


@dataclasses.dataclass
class Chain:
    """Steps one after the other, each on the state that the last one left."""

    step: Callable[[Any, Any], tuple[Any, Any]]
    state: Any
    batch: Any
    loss: Any = None

    def __call__(self, number: int) -> None:
        """Take so many steps, and wait for the last one."""
        for _ in range(number):
            self.state, self.loss = self.step(self.state, self.batch)
        jax.block_until_ready((self.state, self.loss))


def first_state(chosen: config.Config) -> state.TrainState:
    """A state that may be used up. Its values are drawn, at no matter what scale.

    Drawing those that a training begins with takes longer to compile than some steps do.
    """
    shapes = state.shapes(chosen, identities=measuring.names(NUM_IDENTITIES))
    root = jax.random.key(0)

    @jax.jit
    def draw() -> state.TrainState:
        values = jax.random.normal(root, (max(leaf.size for leaf in jax.tree.leaves(shapes)),))
        params = jax.tree.map(
            lambda leaf: 0.02 * values[: leaf.size].reshape(leaf.shape), shapes.params
        )
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
        ema = None if shapes.ema is None else jax.tree.map(jnp.copy, params)
        return zeros.replace(
            params=params, ema=ema, diverged_at=jnp.full_like(zeros.diverged_at, -1)
        )

    return jax.device_put(draw(), sharding.replicated(_mesh()))


def batch_of(case: Case) -> Any:
    """Chips, or for a network pictures that are augmented already."""
    if case.work == "network":
        return step_benchmark.network(case.configuration, num_identities=NUM_IDENTITIES)[1]
    return sharding.put_batch(dict(sizes.chips(case.configuration, number=0)), _mesh())


def _mesh() -> Any:
    return sharding.make_mesh(devices=jax.devices()[:1])


def _mib(program: jax.stages.Compiled) -> float | None:
    planned = program.memory_analysis()
    if planned is None:
        return None
    held = planned.argument_size_in_bytes + planned.temp_size_in_bytes
    return (held + planned.output_size_in_bytes - planned.alias_size_in_bytes) / 2**20
