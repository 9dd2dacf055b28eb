"""What the tests share: the embedded footage, one photo, and compiled programs."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jaxswap import events

if TYPE_CHECKING:
    from jaxswap.vision import descriptor

# Without it libtpu, with which some tests compile for TPUs, complains in every process.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Many tests compile the same tiny programs, some in processes of their own: compile each once
    # in a session. Set before JAX is imported; worker and child processes inherit it.
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="jaxswap-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


class Heard(events.Events):
    """Keeps what was told, and says stop once as much progress was heard as `stop_at` says."""

    def __init__(self) -> None:
        self.progresses: list[events.Progress] = []
        self.messages: list[str] = []
        self.stop_at: float = float("inf")

    def progress(self, progress: events.Progress) -> None:
        self.progresses.append(progress)

    def message(self, line: str) -> None:
        self.messages.append(line)

    def should_stop(self) -> bool:
        return len(self.progresses) >= self.stop_at


@pytest.fixture
def heard() -> Heard:
    return Heard()


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


@pytest.fixture(scope="session")
def describer() -> "descriptor.Describer":
    """dlib's descriptor; tests that need it are skipped without the extra."""
    from jaxswap.vision import descriptor

    if not descriptor.is_available():
        pytest.skip('the extra is not installed: pip install ".[identity]"')
    return descriptor.Describer()


@pytest.fixture(scope="session")
def read_reference(demo_clips) -> Callable[..., "descriptor.Reference"]:
    """The person of an embedded clip, in every n-th frame."""
    from jaxswap import config, footage
    from jaxswap.vision import descriptor, finding

    def read(name: str, *, every: int) -> descriptor.Reference:
        reader = footage.FrameReader(demo_clips[name], every=every)
        found = list(finding.FaceFinder(config.FacesConfig()).find_all(reader))
        return descriptor.Reference(
            images_u8=np.stack([frame.image_u8 for frame, _ in found]),
            landmarks=np.stack([faces[0].landmarks_468 for _, faces in found]),
        )

    return read


@pytest.fixture(scope="session")
def references(read_reference) -> dict[str, "descriptor.Reference"]:
    """Four frames of each person in other motion and light than in the held-out clips."""
    return {name: read_reference(f"{name}_train", every=120) for name in ("a", "b")}
