"""Pictures whose every pixel is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def picture_u8() -> np.ndarray:
    """Smooth colour, no symmetry, so that any swap of channels or axes shows."""
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([x * 4, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


@pytest.fixture
def pillow_heif() -> Any:
    """The package that writes HEIC; tests that need it are skipped without the extra."""
    return pytest.importorskip("pillow_heif", reason='pip install ".[heic]"')


@pytest.fixture
def animate(picture_u8) -> Callable[..., list[Image.Image]]:
    """Frames that differ, as Pillow's images."""

    def make(num: int) -> list[Image.Image]:
        return [Image.fromarray(np.roll(picture_u8, 5 * index, axis=1)) for index in range(num)]

    return make
