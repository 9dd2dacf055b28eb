"""How the training step grows with the batch, the image and the number of identities.

Beside each time stands what direct convolution takes at the speed of this machine's matrix product
(from the multiply-accumulates), beside each memory what parameters, gradients, Adam's moments and
the outputs of the layers need. Ours is the step of `jaxswap train`, with its augmentation; PyTorch
does the same layers on pictures augmented before. A figure is drawn beside the JSON file.

Where the memory cannot hold both at once, they run one after the other, and the row says so.
"""

import contextlib
import functools
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import gemm, measuring, step, workers
from jaxswap import config

TORCH = "torch eager-nchw"
OURS = "jaxswap step"
HEADROOM = 1.6  # peak over what a step cannot do without, as measured
RUNTIME_BYTES = 2**29  # of a framework without any model


class Point(NamedTuple):
    """One size of everything."""

    axis: str
    batch_size: int
    image_size: int
    num_identities: int

    @property
    def sizes(self) -> tuple[int, int, int]:
        """What is measured, whatever the axis."""
        return self.batch_size, self.image_size, self.num_identities


POINTS = (
    *(Point("batch_size", batch, 64, 2) for batch in (4, 16, 64)),
    *(Point("image_size", 8, side, 2) for side in (64, 128, 256)),
    *(Point("num_identities", 8, 64, number) for number in (2, 4, 8)),
)


def available_bytes() -> float:
    """Memory that may be taken now; without /proc, all that could be wished for."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return float("inf")


def measure(point: Point, configuration: config.Config, *, rounds: int) -> dict[str, Any]:
    """One row of the table, with its samples."""
    from benchmarks import _layers
    from jaxswap.models import building

    number = point.num_identities
    layers = _layers.layers(configuration.model, batch_size=point.batch_size, num_identities=number)
    parameters = building.count_parameters(configuration.model, num_identities=number)["total"]
    flop, held = _layers.step_flop(layers), _layers.step_bytes(layers, parameters=parameters)
    settings = {"num_identities": number}
    starts: dict[str, Callable[[], workers.Worker]] = {
        OURS: functools.partial(step.own_worker, configuration, work="whole_step", **settings)
    }
    if importlib.util.find_spec("torch"):
        starts[TORCH] = functools.partial(
            step.torch_worker, configuration, variant="eager-nchw", **settings
        )
    wanted = len(starts) * (HEADROOM * held + RUNTIME_BYTES)
    together = wanted < available_bytes()
    samples: dict[str, list[measuring.Sample]] = {}
    peaks: dict[str, float] = {}
    for group in [starts] if together else [{name: start} for name, start in starts.items()]:
        _run(group, samples, peaks, rounds=rounds)
    rate = measuring.spread([gemm.rate(one, gemm.PEAK) for one in samples["gemm"]]).median
    row = {
        **point._asdict(),
        "parameters": parameters,
        "GFLOP": flop / 1e9,
        "ms at the peak": flop / rate / 1e6,
    }
    for name in starts:
        row[f"{name} ms"] = measuring.spread([1e3 * one.wall_s for one in samples[name]])
    if TORCH in starts:
        row["ratio"] = measuring.ratios(samples[OURS], samples[TORCH])
        row["CPU ratio"] = measuring.ratios(samples[OURS], samples[TORCH], field="cpu_s")
    row["MiB needed"] = held / 2**20
    row |= {f"{name} MiB": peaks[name] for name in starts}
    return row | {"in turn": together, "samples": samples}


def _run(
    starts: Mapping[str, Callable[[], workers.Worker]],
    samples: dict[str, list[measuring.Sample]],
    peaks: dict[str, float],
    *,
    rounds: int,
) -> None:
    """Adds the samples and the peaks in MiB of some workers, measured in turn."""
    with contextlib.ExitStack() as stack:
        working = {"gemm": workers.Worker("benchmarks.gemm:xla", shape=gemm.PEAK)}
        stack.enter_context(working["gemm"])
        for name, start in starts.items():
            working[name] = stack.enter_context(start())
        for name, taken in workers.interleaved(working, rounds=rounds).items():
            samples.setdefault(name, []).extend(taken)
        peaks.update({name: worker.peak_mib for name, worker in working.items()})


def draw(rows: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Time and memory along each axis, with what is expected, on logarithmic scales."""
    from matplotlib.figure import Figure

    axes = list(dict.fromkeys(row["axis"] for row in rows))
    figure = Figure(figsize=(4 * len(axes), 7), layout="constrained")
    panels = figure.subplots(2, len(axes), squeeze=False)
    for column, axis in enumerate(axes):
        here = [row for row in rows if row["axis"] == axis]
        x = [row[axis] for row in here]
        names = [name for name in (OURS, TORCH) if f"{name} ms" in here[0]]
        for name in names:
            spreads = [row[f"{name} ms"] for row in here]
            y = [spread.median for spread in spreads]
            low = [spread.median - spread.low for spread in spreads]
            high = [spread.high - spread.median for spread in spreads]
            panels[0, column].errorbar(x, y, yerr=[low, high], marker="o", capsize=3, label=name)
            panels[1, column].plot(x, [row[f"{name} MiB"] for row in here], "o-", label=name)
        expected = {"label": "expected", "color": "black", "linestyle": "--"}
        panels[0, column].plot(x, [row["ms at the peak"] for row in here], **expected)
        panels[1, column].plot(x, [row["MiB needed"] for row in here], **expected)
        for panel, label in zip(panels[:, column], ("ms per step", "peak MiB"), strict=True):
            panel.set(xscale="log", yscale="log", xlabel=axis.replace("_", " "), ylabel=label)
            panel.set_xticks(x, [str(value) for value in x])
            panel.minorticks_off()
            panel.grid(alpha=0.3)
    panels[0, 0].legend()
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=100)


def main(argv: Sequence[str]) -> None:
    """Measure each point, print a table, write JSON and a figure."""
    parser = measuring.parser(__doc__, "growth")
    parser.set_defaults(rounds=3)
    parser.add_argument("--preset", default="original-2017", help="without its mask head")
    parser.add_argument("--precision", choices=step.PRECISIONS, help="of our convolutions")
    options = parser.parse_args(argv)
    known: dict[tuple[int, int, int], dict[str, Any]] = {}
    for point in POINTS:
        if point.sizes in known:
            continue
        chosen = step.choose(
            options.preset,
            batch_size=point.batch_size,
            image_size=point.image_size,
            precision=options.precision,
        )
        found = measure(point, step.plain(chosen), rounds=options.rounds)
        known[point.sizes] = found
        print(f"{point.sizes}: {found[f'{OURS} ms']} ms", flush=True)
    rows = [known[point.sizes] | {"axis": point.axis} for point in POINTS]
    measuring.show([{name: row[name] for name in row if name != "samples"} for row in rows])
    picture = options.out.with_suffix(".png")
    draw(rows, picture)
    print(f"Drawn to {picture}")
    measuring.write(options.out, options=options, rows=rows)
