"""A mark with names that XML must quote, and a picture that carries it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jaxswap.provenance import marked_pictures, marks

MARK = marks.Mark(
    run_fingerprint="0123abcd",
    swaps=(
        marks.MarkedSwap(person="a", identity='Bé & "<b>"'),
        marks.MarkedSwap(person="[ben].jpg", identity="a"),
    ),
)
IMAGE_U8 = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture
def mark() -> marks.Mark:
    return MARK


@pytest.fixture
def image_u8() -> np.ndarray:
    return IMAGE_U8


@pytest.fixture
def write_picture(tmp_path) -> Callable[[str], Path]:
    """A marked picture of that name."""

    def write(name: str) -> Path:
        marked_pictures.write(tmp_path / name, IMAGE_U8, mark=MARK)
        return tmp_path / name

    return write
