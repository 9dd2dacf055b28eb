"""The tiny training, in this process and in others."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest
from jax.experimental.compilation_cache import compilation_cache

PROGRAM = Path(__file__).with_name("tiny.py")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Where programs are kept that were compiled once: to compile is most of a tiny training."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="package", autouse=True)
def _compile_once(compiled):
    """Keep the programs of this process there."""
    names = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")
    before = {name: getattr(jax.config, name) for name in names}
    for name, value in zip(names, (str(compiled), 0.1), strict=True):
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture(scope="session")
def tiny():
    """The module beside this file."""
    spec = importlib.util.spec_from_file_location("tiny", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def start_tiny(compiled):
    """Start the tiny training in a process of its own; `fresh`: it compiles for itself."""

    def start(
        run_dir: Path, *, devices: int = 1, fresh: bool = False, **options: object
    ) -> subprocess.Popen[str]:
        arguments = [f"{name}={value}" for name, value in options.items()]
        environment = os.environ | {
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "JAX_PLATFORMS": "cpu",
        }
        if not fresh:
            environment["JAX_COMPILATION_CACHE_DIR"] = str(compiled)
            environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
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
