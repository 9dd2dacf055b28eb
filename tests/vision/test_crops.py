"""Crops against TensorFlow's documented formula, sample by sample."""

import numpy as np
import pytest

from jaxswap.vision import crops


@pytest.fixture
def frame_u8() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(30, 40, 3), dtype=np.uint8)


def formula(frame_u8: np.ndarray, box: np.ndarray, size: int) -> np.ndarray:
    """https://www.tensorflow.org/api_docs/python/tf/image/crop_and_resize, in float64."""
    height, width = frame_u8.shape[:2]
    image = (frame_u8.astype(np.float64) - 127.5) / 128
    x0, y0, x1, y1 = box / np.array([width, height, width, height])
    crop = np.zeros((size, size, 3))
    for i, j in np.ndindex(size, size):
        y = y0 * (height - 1) + i * (y1 - y0) * (height - 1) / (size - 1)
        x = x0 * (width - 1) + j * (x1 - x0) * (width - 1) / (size - 1)
        if 0 <= y <= height - 1 and 0 <= x <= width - 1:
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            v, u = y - top, x - left
            crop[i, j] = (1 - v) * ((1 - u) * image[top, left] + u * image[top, right]) + v * (
                (1 - u) * image[bottom, left] + u * image[bottom, right]
            )
    return crop


@pytest.mark.parametrize(
    "box",
    [(3.3, 4.1, 20.7, 21.5), (-6.0, -4.0, 12.0, 14.0), (25.2, 15.9, 47.0, 37.7), (8, 8, 8, 8)],
    ids=["inside", "over the top left", "over the bottom right", "empty"],
)
def test_crops_follow_the_formula(frame_u8, box):
    box = np.array(box, np.float32)
    (crop,) = crops.crop_and_resize(frame_u8, box[None], 12)
    assert crop.dtype == np.float32
    np.testing.assert_allclose(crop, formula(frame_u8, box, 12), atol=1e-4)


def test_outside_of_the_frame_is_zero(frame_u8):
    (crop,) = crops.crop_and_resize(frame_u8, np.array([[100, 100, 120, 120]], np.float32), 24)
    assert not crop.any()


def test_chunks_change_nothing(frame_u8, monkeypatch):
    low = np.random.default_rng(1).uniform(-5, 25, size=(11, 2))
    boxes = np.concatenate([low, low + 12], axis=1).astype(np.float32)
    whole = np.stack(list(crops.crop_and_resize(frame_u8, boxes, 24)))
    monkeypatch.setattr(crops, "CHUNK", 4)
    np.testing.assert_array_equal(np.stack(list(crops.crop_and_resize(frame_u8, boxes, 24))), whole)
