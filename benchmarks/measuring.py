"""What all benchmarks share: samples taken in turn, their medians and ranges, tables and JSON.

A loaded machine slows whatever runs at the moment. So alternatives are measured in turn, A B A B,
and compared round by round: the ratio of two samples of one round is far steadier than either.
"""

import argparse
import importlib.metadata
import math
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jaxswap import files

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "grain",
    "numpy",
    "opencv-python-headless",
    "av",
    "jax-cuda13-plugin",
    "jax-cuda12-plugin",
    "libtpu",
    "torch",
    "tensorflow",
    "mtcnn",
)


class Sample(NamedTuple):
    """One run of some work, in seconds."""

    wall_s: float
    cpu_s: float
    """Over all threads of the process."""


def sample(work: Callable[[], Any]) -> Sample:
    """Do the work once. It must be finished when it returns (`jax.block_until_ready`)."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Sample(time.perf_counter() - wall, time.process_time() - cpu)


def interleaved(
    works: Mapping[str, Callable[[], Any]], *, rounds: int, warmups: int = 1
) -> dict[str, list[Sample]]:
    """Samples of every work, taken in turn; the warm-ups are not counted."""
    for _ in range(warmups):
        for work in works.values():
            work()
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            samples[name].append(sample(work))
    return samples


class Spread(NamedTuple):
    """Median and range."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g} [{self.low:.3g}, {self.high:.3g}]"


def spread(values: Sequence[float]) -> Spread:
    """Median and range of some values."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[Sample], theirs: Sequence[Sample], *, field: str = "wall_s") -> Spread:
    """Ours over theirs, round by round."""
    pairs = zip(ours, theirs, strict=True)
    return spread([getattr(a, field) / getattr(b, field) for a, b in pairs])


def peak_mib() -> float:
    """Most memory that this process has held.

    On Linux it is read from /proc: `ru_maxrss` of a child starts at what its parent held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def parser(doc: str, name: str, *, sampled: bool = True) -> argparse.ArgumentParser:
    """A parser with what every benchmark has: --out, and --rounds where it takes samples."""
    made = argparse.ArgumentParser(
        prog=f"python -m benchmarks {name}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if sampled:
        made.add_argument("--rounds", type=int, default=10, help="samples of each")
    made.add_argument("--out", type=Path, default=RESULTS / f"{name}.json", help="JSON file")
    return made


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of equal keys as a table."""
    if not rows:
        return
    cells = [list(rows[0])] + [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def write(out: Path, *, options: argparse.Namespace, quiet: bool = False, **found: Any) -> None:
    """Write what was found with the machine, the versions, the load and the options."""
    files.write_json(
        out,
        {
            "machine": machine(),
            "versions": versions(),
            "options": {key: plain(value) for key, value in vars(options).items() if key != "out"},
            **plain(found),
        },
    )
    if not quiet:
        print(f"Written to {out}")


def names(num_identities: int) -> tuple[str, ...]:
    """Of so many identities, sorted as a batch has them."""
    return tuple(f"{index:03d}" for index in range(num_identities))


def machine() -> dict[str, Any]:
    """Processor, cores and the load of the last 1, 5 and 15 minutes."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = named[0] if named else model
    return {"processor": model, "cores": os.cpu_count(), "load": os.getloadavg()}


def versions() -> dict[str, str]:
    """Python and the packages that matter, those that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def plain(value: Any) -> Any:
    """As JSON values; a number that is not finite, which JSON cannot hold, as its name."""
    if isinstance(value, Sample | Spread):
        return {key: plain(part) for key, part in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else str(value)
    return value.name if isinstance(value, Path) else value  # where it lies is nobody else's


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
