"""Faces, regions and masks of one size, so that few programs are compiled."""

import cv2
import numpy as np
import pytest

from jaxswap import images


@pytest.fixture(scope="session")
def region(astronaut_u8) -> np.ndarray:
    """A part of a photo, 90x84."""
    return images.to_float(astronaut_u8[60:150, 160:244])


@pytest.fixture(scope="session")
def face(astronaut_u8) -> np.ndarray:
    """Another part of it, as large, in other colours."""
    part = images.to_float(astronaut_u8[300:390, 100:184])
    return (0.2 + 0.6 * part).astype(np.float32)


@pytest.fixture
def oval():
    """Makes a mask around a place, of the region's size."""

    def make(
        *, at: tuple[int, int] = (42, 45), axes: tuple[int, int] = (26, 34), shape=(90, 84)
    ) -> np.ndarray:
        mask_u8 = np.zeros(shape, np.uint8)
        cv2.ellipse(mask_u8, at, axes, 10, 0, 360, 1, -1)
        return mask_u8 > 0

    return make
