"""Whether two processes make the same bits, with XLA's deterministic kernels, and their price."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from benchmarks._accelerator import sections, sizes, steps, timing
from jaxswap import config
from jaxswap.training import sharding

FLAG = "--xla_gpu_deterministic_ops=true"
"""XLA leaves out kernels whose sums have no order, and does not choose kernels by their time.

Reference: https://github.com/openxla/xla/pull/12520
"""

RUNS = ("deterministic", "deterministic, again", "default")


def flags(run: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What a run's environment has beside this one's."""
    given = environ.get("XLA_FLAGS", "")
    own = f"{given} {FLAG}".strip() if run.startswith("deterministic") else given
    return {"XLA_FLAGS": own}


def measure(
    tell: sections.Teller,
    *,
    run: str,
    cases: Sequence[Mapping[str, Any]],
    num_steps: int,
    pace: Sequence[float],
) -> None:
    """A section: one run of `RUNS`, a row for each case, with a digest of its parameters."""
    found = [steps.Case.of(settings) for settings in cases]
    tell.plan([f"{case.name}, {run}" for case in found])
    for case in found:
        name = f"{case.name}, {run}"
        with tell.attempt(name):
            program = steps.compiled(case)
            loss, digest = trained(case.configuration, program.run, num_steps=num_steps)
            chain = steps.Chain(
                program.run, steps.first_state(case.configuration), steps.batch_of(case)
            )
            seconds = timing.spread(chain, pace=timing.Pace(*pace))
            chosen = case.configuration
            tell.row(
                name,
                steps.described(case.preset, run, chosen)
                | {
                    "step ms": timing.milliseconds(seconds),
                    f"loss of step {num_steps}": loss,
                    "parameters": digest,
                    "compile s": program.compile_s,
                },
            )


def trained(chosen: config.Config, program: Any, *, num_steps: int) -> tuple[float, str]:
    """The last loss of some steps, and a digest of the parameters after them."""
    mesh = sharding.make_mesh(devices=jax.devices()[:1])
    current, values = steps.first_state(chosen), {}
    for number in range(num_steps):
        batch = sharding.put_batch(dict(sizes.chips(chosen, number=number)), mesh)
        current, values = program(current, batch)
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(current.params):
        digest.update(np.asarray(leaf).tobytes())
    return float(values["loss"]), digest.hexdigest()[:16]


def judged(
    rows: Sequence[Mapping[str, Any]], *, measured: Sequence[Mapping[str, Any]] = ()
) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each case that was run, and what should be the same and is not.

    Args:
        rows: of all runs.
        measured: rows of `steps`, for the time of what was not run by default.
    """
    by_case: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        by_case.setdefault(_key(row), {})[row["who"]] = row
    times = {_key(row): row for row in measured if row["who"] == "step"}
    verdicts, faults = [], []
    for key, runs in by_case.items():
        first, again, default = (runs.get(name) for name in RUNS)
        usual = default or times.get(key)
        same = first["parameters"] == again["parameters"] if first and again else None
        if same is False:
            faults.append(f"{key[0]}: two deterministic runs have different parameters")
        verdicts.append(
            {
                "preset": key[0],
                "batch": key[1],
                "type": key[2],
                "same bits": _said(same),
                "default has them": _said(
                    first["parameters"] == default["parameters"] if first and default else None
                ),
                "times the default's": (
                    first["step ms"]["median"] / usual["step ms"]["median"]
                    if first and usual
                    else "not measured"
                ),
            }
        )
    return verdicts, faults


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["preset"], row["batch"], row["type"]


def _said(answer: bool | None) -> str:
    return "not measured" if answer is None else "yes" if answer else "no"
