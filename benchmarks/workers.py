"""Processes that stay: each prepares one work and does it when it is told to.

Frameworks that are compared do not share a process, whose threads and memory they would fight for,
and peak memory is counted by process. A worker waits between its turns and uses no processor.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import measuring


class Worker:
    """A process of its own that prepares `module:function(**settings)` and runs what it returns."""

    def __init__(
        self,
        function: str,
        *,
        env: Mapping[str, str] | None = None,
        python: str | None = None,
        **settings: Any,
    ):
        """Start it; `function` must return a work without arguments, which may have `facts`.

        `python` is the interpreter, of another environment where that is needed.
        """
        self._function = function
        self._process = subprocess.Popen(
            [python or sys.executable, "-m", "benchmarks.workers", function, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, **(env or {})},
        )
        self.prepared: dict[str, Any] = self._answer()
        """What it took to prepare: wall_s, cpu_s, `first`, the first run after that, and `facts`,
        what the work has to say about itself (its attribute of that name, a dictionary)."""
        self.peak_mib: float = self.prepared["peak_mib"]
        """Most memory so far."""

    def run(self) -> measuring.Sample:
        """Do the work once."""
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        answer = self._answer()
        self.peak_mib = answer["peak_mib"]
        return measuring.Sample(answer["wall_s"], answer["cpu_s"])

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self) -> dict[str, Any]:
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.close()
        raise RuntimeError(f"{self._function} ended with {self._process.returncode}")


def interleaved(workers: Mapping[str, Worker], *, rounds: int) -> dict[str, list[measuring.Sample]]:
    """Samples of every worker, taken in turn.

    Each turn begins with a run that does not count. Virtual machines take pages back from whoever
    has waited for seconds, and a process that gets them again one by one is twice as slow.
    """
    samples: dict[str, list[measuring.Sample]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            worker.run()
            samples[name].append(worker.run())
    return samples


def main() -> None:
    """Be a worker: prepare, then run once for every line that comes."""
    module, function = sys.argv[1].split(":")
    works = []

    def prepare() -> None:
        works.append(getattr(importlib.import_module(module), function)(**json.loads(sys.argv[2])))

    prepared = measuring.sample(prepare)
    first = measuring.sample(works[0])
    _answer(prepared, first=first._asdict(), facts=getattr(works[0], "facts", {}))
    for _ in sys.stdin:
        _answer(measuring.sample(works[0]))


def _answer(taken: measuring.Sample, **more: Any) -> None:
    print(json.dumps({**taken._asdict(), "peak_mib": measuring.peak_mib(), **more}), flush=True)


if __name__ == "__main__":
    main()
