"""Loss, gradients and a short training on the accelerator, against the exact ones of the CPU.

All begin with the same parameters, which the CPU draws, and see the same chips. Gradients are read
off Adam's first moment after one step, so that they are those of the very step that trains.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Mapping
from concurrent import futures
from typing import Any, NamedTuple

import jax
import numpy as np
import optax

from benchmarks import measuring
from benchmarks._accelerator import sections, sizes
from jaxswap import config
from jaxswap.training import sharding, state, step

REFERENCE = "cpu exact"


class Bound(NamedTuple):
    """Most by which a way may differ from the reference.

    Attributes:
        loss: of the first step, relative.
        gradients: of the first step: the norm of the difference over the norm, all together.
        losses: of any step, relative.
    """

    loss: float
    gradients: float
    losses: float


# On the CPU, `quick` differs by 2e-4 in the losses with Winograd's products, through rounding that
# Adam doubles from step to step (docs/hardware.md), and in bfloat16 by 0.09 in the gradients, since
# L1's is the sign of an error, which a small difference turns round.
FULL_FLOAT32 = Bound(1e-5, 1e-3, 2e-3)
TF32 = Bound(2e-4, 3e-2, 5e-3)  # 10 bits behind the point
BFLOAT16 = Bound(2e-3, 3e-1, 1e-2)  # 7 bits


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to compute the step.

    Attributes:
        device: where.
        bound: how near it must be to the reference.
        precision: of the convolutions on CPU, as `--model.precision`.
        dtype: as `--model.dtype`.
        matmul: JAX's precision of products; None for its default.
    """

    device: jax.Device
    bound: Bound
    precision: str = "exact"
    dtype: str = "float32"
    matmul: str | None = None


class Run(NamedTuple):
    """What a short training gave."""

    losses: list[float]
    gradients: dict[str, np.ndarray]
    """Of the first step, by their place."""


def ways() -> dict[str, Way]:
    """Those that there are here, the reference first."""
    cpu, here = jax.devices("cpu")[0], jax.devices()[0]
    found = {REFERENCE: Way(cpu, FULL_FLOAT32)}
    # On any other platform fast and exact are one program.
    found["cpu fast"] = Way(cpu, FULL_FLOAT32, precision="fast")
    if here.platform != "cpu":
        # A TPU multiplies float32 in bfloat16 unless it is told otherwise.
        default = BFLOAT16 if here.platform == "tpu" else TF32
        found[f"{here.platform} float32"] = Way(here, default)
        found[f"{here.platform} float32, highest"] = Way(here, FULL_FLOAT32, matmul="highest")
        found[f"{here.platform} bfloat16"] = Way(here, BFLOAT16, dtype="bfloat16")
    return found


def measure(
    tell: sections.Teller, *, configuration: Mapping[str, Any], steps: int, at_once: int
) -> None:
    """A section: a row for each way; one beyond its bound is a failure."""
    chosen: config.Config = config.from_dict(config.Config, dict(configuration))
    found = ways()
    tell.plan(list(found))
    with futures.ThreadPoolExecutor(at_once) as pool:
        compiling = {name: pool.submit(_compile, chosen, way) for name, way in found.items()}
        reference: Run | None = None
        for name, way in found.items():
            with tell.attempt(name):
                run = train(chosen, way, compiling[name].result(), steps=steps)
                reference = reference or run
                row, faults = compare(run, reference, way.bound)
                tell.row(name, {"way": name, **row})
                for fault in faults:
                    tell.failed(f"{name}: {fault}")


def compare(run: Run, reference: Run, bound: Bound) -> tuple[dict[str, Any], list[str]]:
    """A row, and what is beyond the bound."""
    pairs = zip(run.losses, reference.losses, strict=True)
    off = [abs(ours - theirs) / abs(theirs) for ours, theirs in pairs]
    apart, size = {}, {}
    for name, gradient in reference.gradients.items():
        apart[name] = float(np.linalg.norm((run.gradients[name] - gradient).astype(np.float64)))
        size[name] = float(np.linalg.norm(gradient.astype(np.float64)))
    whole = float(np.linalg.norm(list(apart.values())) / np.linalg.norm(list(size.values())))
    worst = max(apart, key=lambda name: apart[name] / max(size[name], 1e-30))
    row = {
        "first loss": run.losses[0],
        "off": off[0],
        "gradients off": whole,
        "worst gradient": apart[worst] / max(size[worst], 1e-30),
        "of": worst,
        "last loss": run.losses[-1],
        "losses off": max(off),
        "bounds": " ".join(f"{value:g}" for value in bound),
    }
    measured = Bound(off[0], whole, max(off))
    faults = [
        f"{what} differ from the reference by {value:.3g}, more than {most:g}"
        for what, value, most in zip(Bound._fields, measured, bound, strict=True)
        if not value <= most  # so that a NaN is beyond it
    ]
    return row, faults


def train(chosen: config.Config, way: Way, compiled: Any, *, steps: int) -> Run:
    """Some steps from the CPU's first parameters."""
    mesh = sharding.make_mesh(devices=[way.device])
    everywhere = sharding.replicated(mesh)
    current = jax.device_put(_creator(chosen)(), everywhere)
    batches = [
        sharding.put_batch(dict(sizes.chips(chosen, number=number)), mesh)
        for number in range(sizes.DIFFERENT)
    ]
    losses, gradients = [], {}
    for number in range(steps):
        current, values = compiled(current, batches[number % sizes.DIFFERENT])
        losses.append(values["loss"])
        if number == 0:
            gradients = _gradients(current, b1=chosen.optimizer.b1)
    return Run([float(loss) for loss in losses], gradients)


def _compile(chosen: config.Config, way: Way) -> Any:
    model = dataclasses.replace(chosen.model, precision=way.precision, dtype=way.dtype)
    mesh = sharding.make_mesh(devices=[way.device])
    with jax.default_matmul_precision(way.matmul) if way.matmul else contextlib.nullcontext():
        return step.compile_step(
            dataclasses.replace(chosen, model=model), mesh, identities=measuring.names(2)
        )


@functools.cache
def _creator(chosen: config.Config) -> Any:
    """Makes the first state on the CPU, anew at each call: a step uses its state up."""
    cpu = sharding.replicated(sharding.make_mesh(devices=jax.devices("cpu")[:1]))
    return jax.jit(lambda: state.create(chosen, identities=measuring.names(2)), out_shardings=cpu)


def _gradients(after: state.TrainState, *, b1: float) -> dict[str, np.ndarray]:
    """Of the first step: Adam's first moment is then a known share of them."""
    moment = optax.tree.get(after.opt_state, "mu")
    return {
        jax.tree_util.keystr(place, simple=True, separator="/"): np.asarray(leaf) / (1 - b1)
        for place, leaf in jax.tree_util.tree_flatten_with_path(moment)[0]
    }
