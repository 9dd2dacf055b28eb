"""What the tests share: the embedded footage, one photo, and compiled programs."""

import atexit
import os
import shutil
import tempfile
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Many tests compile the same tiny programs, some in processes of their own: compile each once
    # in a session. Set before JAX is imported; worker and child processes inherit it.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="jaxswap-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(scope="session")
def demo_clips() -> dict[str, Path]:
    """The embedded clips by name: a_train, a_test, b_train, b_test."""
    folder = Path(str(resources.files("jaxswap.demo") / "assets"))
    return {path.stem: path for path in sorted(folder.glob("*.mp4"))}


@pytest.fixture(scope="session")
def astronaut_u8() -> np.ndarray:
    """A photo with one face (NASA, public domain), RGB uint8, 512x512."""
    from skimage import data

    return data.astronaut()
