"""The tiny training, in this process and in others."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("tiny.py")


@pytest.fixture(scope="session")
def tiny():
    """The module beside this file."""
    spec = importlib.util.spec_from_file_location("tiny", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def start_tiny():
    """Start the tiny training in a process of its own."""

    def start(run_dir: Path, *, devices: int = 1, **options: object) -> subprocess.Popen[str]:
        arguments = [f"{name}={value}" for name, value in options.items()]
        environment = os.environ | {
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "JAX_PLATFORMS": "cpu",
        }
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), str(run_dir), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    return start


@pytest.fixture(scope="session")
def run_tiny(start_tiny):
    """Run it to its end: (exit code, last line of output, what it said)."""

    def run(run_dir: Path, **options: object) -> tuple[int, str, str]:
        process = start_tiny(run_dir, **options)
        out, err = process.communicate(timeout=300)
        return process.returncode, (out.strip().splitlines() or [""])[-1], err

    return run
