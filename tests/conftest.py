"""What the tests share: the embedded footage and one photo."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest


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
