"""Crops of boxes as the nets of the detector take them."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from jaxswap import types

CHUNK = 256  # crops that are cut at a time: bounds the memory


def crop_and_resize(
    frame_u8: types.ImageU8, boxes: Float[np.ndarray, "n 4"], size: int
) -> Iterator[Float[np.ndarray, "size size 3"]]:
    """Square crops in [-1, 1], (x - 127.5) / 128 of 0..255, bilinear, 0 outside of the frame.

    Convention: as TensorFlow's `crop_and_resize`, which the mtcnn package calls: corners are
    divided by the side and multiplied by the side less 1, and the samples run from corner to
    corner.
    """
    for start in range(0, len(boxes), CHUNK):
        yield from _crops(frame_u8, boxes[start : start + CHUNK], size)


def _crops(
    frame_u8: types.ImageU8, boxes: Float[np.ndarray, "n 4"], size: int
) -> Float[np.ndarray, "n size size 3"]:
    height, width = frame_u8.shape[:2]
    in_y, y0, y1, fy = _samples(boxes[:, 1], boxes[:, 3], size=size, side=height)
    in_x, x0, x1, fx = _samples(boxes[:, 0], boxes[:, 2], size=size, side=width)

    def rows(y: np.ndarray) -> np.ndarray:
        left = frame_u8[y[:, :, None], x0[:, None, :]].astype(np.float32)
        right = frame_u8[y[:, :, None], x1[:, None, :]].astype(np.float32)
        return left + (right - left) * fx[:, None, :, None]

    top = rows(y0)
    crops = top + (rows(y1) - top) * fy[:, :, None, None]
    inside = (in_y[:, :, None] & in_x[:, None, :])[..., None]
    return np.where(inside, (crops - 127.5) / 128, np.float32(0)).astype(np.float32)


def _samples(
    low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"], *, size: int, side: int
) -> tuple[np.ndarray, ...]:
    """Along one axis: which samples lie inside, their two neighbours, the share of the second."""
    steps = np.arange(size, dtype=np.float32) / (size - 1)
    at = (low[:, None] + (high - low)[:, None] * steps) * ((side - 1) / side)
    first = np.clip(np.floor(at), 0, side - 1).astype(np.int32)
    second = np.minimum(first + 1, side - 1)
    return (at >= 0) & (at <= side - 1), first, second, (at - first).astype(np.float32)
