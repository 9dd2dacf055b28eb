"""What a start costs: help, imports, and the first training step with its compilation.

Every figure is of a process of its own, from its start. The first step is that of a real
`jaxswap train` on a dataset of the embedded footage, made before: from the start of the process
until the metrics of step 1 are written, which is when the step is finished; reading the dataset,
initialisation and compilation are in it, no checkpoint is. The process is then ended. Each round
compiles once with an empty compilation cache and once with the one that this left behind.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks import measuring
from jaxswap import presets

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "jaxswap --help": ("-m", "jaxswap", "--help"),
    "jaxswap train --help": ("-m", "jaxswap", "train", "--help"),
    "import jaxswap.training.loop": ("-c", "import jaxswap.training.loop"),
}
POLL_S = 0.01
LIMIT_S = 600.0
ROOT = Path(__file__).parent.parent


def fresh(arguments: Sequence[str]) -> measuring.Sample:
    """A Python process from its start to its end.

    Raises:
        RuntimeError: if it fails.
    """
    start = time.perf_counter()
    process = _start(arguments, env={})
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} ended with {process.returncode}.")
    return measuring.Sample(wall_s, usage.ru_utime + usage.ru_stime)


def first_step(
    dataset: Path, run: Path, *, preset: str, batch_size: int, cache: Path
) -> measuring.Sample:
    """A `jaxswap train` from its start to the metrics of step 1; CPU seconds until its end.

    Raises:
        RuntimeError: if it ends before, or takes longer than `LIMIT_S`.
    """
    who = [part for name in ("a", "b") for part in ("--identity", f"{name}={dataset}")]
    pace = ["--steps", "1000", "--train.log-every", "1", "--train.batch-size", str(batch_size)]
    train = ["-m", "jaxswap", "train", *who, "--run", str(run), "--preset", preset, *pace]
    start = time.perf_counter()
    process = _start(train, env={"JAX_COMPILATION_CACHE_DIR": str(cache)})
    metrics = run / "metrics.jsonl"
    try:
        while not (metrics.exists() and metrics.stat().st_size):
            wall_s = time.perf_counter() - start
            if process.poll() is not None or wall_s > LIMIT_S:
                raise RuntimeError(f"`jaxswap train` made no step: {' '.join(train)}")
            time.sleep(POLL_S)
        wall_s = time.perf_counter() - start
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    return measuring.Sample(wall_s, usage.ru_utime + usage.ru_stime)


def make_dataset(folder: Path, *, chip_size: int) -> Path:
    """Both people of the embedded footage, every tenth frame."""
    clips = Path(str(resources.files("jaxswap.demo") / "assets"))
    named = []
    for name in ("a", "b"):
        faces = folder / "faces" / name
        if not faces.exists():
            clip = str(clips / f"{name}_train.mp4")
            fresh(("-m", "jaxswap", "extract", clip, "--out", str(faces), "--every", "10"))
        named.append(f"{name}={faces}")
    out = folder / f"data-{chip_size}"
    size = ("--data.chip-size", str(chip_size))
    fresh(("-m", "jaxswap", "build", *named, "--out", str(out), *size))
    return out


def starts(*, rounds: int) -> dict[str, list[measuring.Sample]]:
    """Samples of `COMMANDS`; the first of each, which reads the disk, is not counted."""
    works = {
        name: lambda arguments=arguments: fresh(arguments) for name, arguments in COMMANDS.items()
    }
    samples: dict[str, list[measuring.Sample]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            taken = work()
            samples[name] += [taken] * (number > 0)
    return samples


def first_steps(
    chosen: Sequence[str], *, batch_size: int, rounds: int
) -> dict[str, list[measuring.Sample]]:
    """Samples of each preset, with an empty and with a warm compilation cache."""
    samples: dict[str, list[measuring.Sample]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        datasets = {
            size: make_dataset(folder, chip_size=size)
            for size in {presets.PRESETS[preset].data.chip_size for preset in chosen}
        }
        for number in range(rounds):
            for preset in chosen:
                cache = folder / f"cache-{preset}-{number}"
                cache.mkdir()
                for state in ("empty", "warm"):
                    taken = first_step(
                        datasets[presets.PRESETS[preset].data.chip_size],
                        folder / f"run-{preset}-{number}-{state}",
                        preset=preset,
                        batch_size=batch_size,
                        cache=cache,
                    )
                    samples.setdefault(f"first step, {preset}, {state} cache", []).append(taken)
    return samples


def rows(samples: Mapping[str, Sequence[measuring.Sample]]) -> list[dict[str, Any]]:
    """The table."""
    return [
        {
            "what": name,
            "wall s": measuring.spread([one.wall_s for one in taken]),
            "CPU s": measuring.spread([one.cpu_s for one in taken]),
        }
        for name, taken in samples.items()
    ]


def main(argv: Sequence[str]) -> None:
    """Measure, print a table, write JSON."""
    parser = measuring.parser(__doc__, "startup")
    parser.set_defaults(rounds=3)
    parser.add_argument("--presets", nargs="*", default=["quick", "original-2017"])
    parser.add_argument("--batch-size", type=int, default=16, help="of each identity (default: 16)")
    options = parser.parse_args(argv)
    samples = starts(rounds=options.rounds)
    samples |= first_steps(options.presets, batch_size=options.batch_size, rounds=options.rounds)
    found = rows(samples)
    measuring.show(found)
    measuring.write(options.out, options=options, rows=found, samples=samples)


def _start(arguments: Sequence[str], *, env: Mapping[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
