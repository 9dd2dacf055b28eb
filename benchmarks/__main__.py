"""Run one benchmark: `python -m benchmarks NAME [options]`, or `--help` after the name."""

import importlib
import sys
from pathlib import Path

_NO_BENCHMARKS = {"__init__", "__main__", "measuring", "workers"}


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
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        print(f"usage: python -m benchmarks {{{','.join(known)}}} [options]", file=sys.stderr)
        return 2
    importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
