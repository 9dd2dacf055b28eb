"""Run a benchmark: `python -m benchmarks NAME [options]`, or `--help` after the name.

`all` runs one after the other as they are, each in a process of its own, but for those that need
what few machines have.
"""

import importlib
import subprocess
import sys
from pathlib import Path

_NO_BENCHMARKS = {"__init__", "__main__", "measuring", "workers"}
_ON_REQUEST = {"quality"}  # needs a trained run


def names() -> list[str]:
    """The benchmarks there are."""
    files = Path(__file__).parent.glob("*.py")
    return sorted(
        file.stem
        for file in files
        if file.stem not in _NO_BENCHMARKS and not file.stem.startswith("_")
    )


def main() -> int:
    """Hand the rest of the command line to the benchmark that is named first."""
    known = names()
    if len(sys.argv) < 2 or sys.argv[1] not in (*known, "all"):
        print(f"usage: python -m benchmarks {{all,{','.join(known)}}} [options]", file=sys.stderr)
        return 2
    if sys.argv[1] == "all":
        return run_all()
    importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:])
    return 0


def run_all() -> int:
    """Every benchmark that runs anywhere; those that fail do not stop the others."""
    failed = []
    for name in names():
        if name not in _ON_REQUEST:
            print(f"\n{name}", flush=True)
            done = subprocess.run([sys.executable, "-m", "benchmarks", name], check=False)
            failed += [name] * bool(done.returncode)
    if failed:
        print(f"These failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
