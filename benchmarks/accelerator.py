"""What an accelerator makes of the training step, the swap and the blending.

Sections, each in a process of its own, which needs no more than JAX, Flax, Optax, NumPy and OpenCV:

  agreement    loss, gradients and 20 steps of `quick` against the CPU's exact ones, within bounds
  determinism  two runs with XLA's deterministic kernels, which must have the same bits; their price
  swaps        faces a second of the model, as the conversion calls it
  poisson      the Poisson solver of the conversion, on the device and by OpenCV on the host
  torch        the network's step in plain PyTorch, eager and compiled, where it is installed
  steps        the step's time, images a second, share of the chip's peak, compile time and memory

A section that fails does not stop the others: it is reported at the end, and the exit code is 1.
Rows are written as they come. When the time is up, what is still to come is left out, by name; of
agreement and determinism, that is a failure.
Operations are counted as direct convolution, without augmentation, losses and Adam; the share of
the peak is what these would take at the peak over what the step took (`_accelerator/peaks.py`).
Where JAX finds no accelerator, all is small: a test of the benchmark rather than of a machine.
"""

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks import measuring, step
from benchmarks._accelerator import sections, sizes
from jaxswap import config

STEPS = 20
SHARES = {
    "agreement": 60,
    "determinism": 90,
    "swaps": 40,
    "poisson": 40,
    "torch": 45,
    "steps": 115,
}
"""Of the time, in this order; what one leaves goes to those after it, so the largest is last."""
CHECKS = ("agreement", "determinism")
PROBE_S = 120.0
NO_CACHE = {"JAX_ENABLE_COMPILATION_CACHE": "false"}
"""What is compiled is compiled here: a program that was kept would have no time to compile."""


class Report:
    """What was found so far, on the disk after every row."""

    def __init__(self, options: argparse.Namespace, device: Mapping[str, Any]):
        self._options, self._device = options, device
        self.sections: dict[str, list[sections.Found]] = {}
        self.verdicts: list[dict[str, Any]] = []
        self.problems: list[str] = []

    def of(self, name: str, index: int) -> Callable[[sections.Found], None]:
        """A listener for a process of a section."""

        def heard(found: sections.Found) -> None:
            self.sections.setdefault(name, [])[index:] = [found]
            self.write()

        return heard

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a section."""
        return [row for found in self.sections.get(name, []) for row in found.rows]

    def write(self) -> None:
        """Write the JSON file."""
        measuring.write(
            self._options.out,
            options=self._options,
            quiet=True,
            device=self._device,
            sections={
                name: {
                    "rows": self.rows(name),
                    "missing": [row for part in parts for row in part.missing],
                    "failed": [reason for part in parts for reason in part.failed],
                    "stopped": [part.stopped for part in parts if part.stopped],
                    "seconds": sum(part.seconds for part in parts),
                }
                for name, parts in self.sections.items()
            },
            determinism=self.verdicts,
            problems=self.problems,
        )


@dataclasses.dataclass(frozen=True)
class Part:
    """A process of a section.

    Attributes:
        function: as `sections.run` takes it.
        settings: likewise.
        env: likewise.
    """

    function: str
    settings: dict[str, Any]
    env: dict[str, str] = dataclasses.field(default_factory=dict)


def parts(name: str, size: sizes.Size) -> Iterator[Part]:
    """The processes of a section."""
    from benchmarks._accelerator import determinism, steps

    module = f"benchmarks._accelerator.{MODULES.get(name, name)}:measure"
    cases = steps.cases(size)
    match name:
        case "agreement":
            own, batch_size = size.agreement
            chosen = sizes.choose(own, batch_size=batch_size)
            settings = {"configuration": config.to_dict(chosen), "steps": STEPS}
            yield Part(module, {**settings, "at_once": size.at_once})
        case "determinism":
            same = [case.settings() for case in steps.same(size)]
            for run in determinism.RUNS:
                settings = {"run": run, "num_steps": STEPS, "pace": size.pace}
                # `steps` has the time of the others.
                chosen = same[:1] if run == "default" else same
                env = determinism.flags(run, os.environ)
                yield Part(module, {**settings, "cases": chosen}, env)
        case "swaps":
            models = {
                one.name: config.to_dict(sizes.choose(one.name, batch_size=1))
                for one in size.measured
            }
            settings = {"models": models, "batch_sizes": size.swap_batches}
            yield Part(module, {**settings, "pace": size.pace})
        case "poisson":
            settings = {"faces_px": size.faces_px, "batch_sizes": size.poisson_batches}
            yield Part(module, {**settings, "pace": size.pace})
        case "torch":
            networks = [case.settings() for case in cases if case.work == "network"]
            variants = [one for one in size.torch if step.missing(one) is None]
            settings = {"cases": networks, "variants": variants, "pace": size.pace}
            yield Part(module, settings, {"JAX_PLATFORMS": "cpu"})  # leaves PyTorch the memory
        case _:
            settings = {"cases": [case.settings() for case in cases], "pace": size.pace}
            yield Part(module, {**settings, "at_once": size.at_once})


MODULES = {"poisson": "blending", "torch": "torch_steps"}


def device(tell: sections.Teller) -> None:
    """A section: what JAX finds here."""
    import jax

    first = jax.devices()[0]
    stats = first.memory_stats() or {}
    tell.row(
        "device",
        {
            "platform": first.platform,
            "kind": first.device_kind,
            "count": jax.device_count(),
            "memory MiB": stats.get("bytes_limit", 0) / 2**20 or "not said",
            "jax": jax.__version__,
        },
    )


def measure(name: str, size: sizes.Size, report: Report, *, limit_s: float) -> None:
    """Run a section, and print its tables."""
    print(f"\n{name}", flush=True)
    end = time.monotonic() + limit_s
    todo = list(parts(name, size))
    for index, part in enumerate(todo):
        found = sections.run(
            part.function,
            settings=part.settings,
            env={**NO_CACHE, **part.env},
            limit_s=max(1.0, (end - time.monotonic()) / (len(todo) - index)),
            heard=report.of(name, index),
        )
        show(found)


def show(found: sections.Found) -> None:
    """Print what one process of a section told."""
    measuring.show([{key: _shown(row[key]) for key in row if key != "row"} for row in found.rows])
    for reason in found.failed:
        print(f"FAILED: {reason}")
    if found.stopped:
        print(f"Ended early: {found.stopped}.")
    for row in found.missing:
        print(f"not measured: {row}")
    sys.stdout.flush()


def _shown(value: Any) -> Any:
    is_spread = isinstance(value, Mapping) and set(value) == set(measuring.Spread._fields)
    return measuring.Spread(**value) if is_spread else value


def judge(report: Report) -> None:
    """What is wrong, all sections together; written and printed."""
    from benchmarks._accelerator import determinism

    report.verdicts, faults = determinism.judged(
        report.rows("determinism"), measured=report.rows("steps")
    )
    if report.verdicts:
        print("\ndeterministic kernels")
        measuring.show(report.verdicts)
    for name, found in report.sections.items():
        report.problems += [f"{name}: {reason}" for part in found for reason in part.failed]
        if not report.rows(name):
            report.problems.append(f"{name}: nothing was measured")
        elif name in CHECKS:  # a time that is missing is no failure, what was not checked is one
            missing = [row for part in found for row in part.missing]
            report.problems += [f"{name}: not checked: {row}" for row in missing]
    report.problems += [f"determinism: {fault}" for fault in faults]
    report.write()


def main(argv: Sequence[str]) -> None:
    """Run the sections, print their tables, write JSON; the exit code is 1 if one failed."""
    parser = measuring.parser(__doc__, "accelerator", sampled=False)
    parser.add_argument("--sections", nargs="+", choices=SHARES, default=list(SHARES))
    parser.add_argument("--minutes", type=float, default=6.0, help="for all (default: 6)")
    parser.add_argument(
        "--small",
        action=argparse.BooleanOptionalAction,
        help="small sizes (default: where there is no accelerator)",
    )
    parser.add_argument("--batch-sizes", type=int, nargs="+", help="of steps, the first one first")
    options = parser.parse_args(argv)
    start = time.monotonic()
    probed = sections.run(f"{__name__}:device", settings={}, limit_s=PROBE_S)
    show(probed)
    if not probed.rows:
        sys.exit("JAX finds no device: see what it said above.")
    here = {key: value for key, value in probed.rows[0].items() if key != "row"}
    size = chosen_size(options, here["platform"])
    report = Report(options, here)
    wanted = [name for name in SHARES if name in options.sections]
    if "torch" in wanted and (reason := step.missing("eager")) is not None:
        print(f"torch: not measured. {reason}")
        wanted.remove("torch")
    for index, name in enumerate(wanted):
        left = 60 * options.minutes - (time.monotonic() - start)
        share = SHARES[name] / sum(SHARES[later] for later in wanted[index:])
        measure(name, size, report, limit_s=left * share)
    judge(report)
    print(f"\n{time.monotonic() - start:.0f} s. Written to {options.out}")
    if report.problems:
        print("\n".join(["These failed:", *report.problems]), file=sys.stderr)
        sys.exit(1)


def chosen_size(options: argparse.Namespace, platform: str) -> sizes.Size:
    """How much is measured."""
    small = platform == "cpu" if options.small is None else options.small
    size = sizes.SMALL if small else sizes.FULL
    size = dataclasses.replace(size, at_once=min(size.at_once, max(1, (os.cpu_count() or 1) // 4)))
    if options.batch_sizes:
        size = dataclasses.replace(size, batch_sizes=tuple(options.batch_sizes))
    return size
