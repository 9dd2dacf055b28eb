"""Faces to blend."""

import cv2
import numpy as np

from jaxswap import images
from jaxswap.conversion.blending import poisson


def task(frame_u8: np.ndarray, *, face_px: int) -> poisson.Task:
    """An oval of this height in the middle of a frame, with what is there, mirrored, as the face.

    Raises:
        ValueError: if the frame is too small for it.
    """
    height, width = frame_u8.shape[:2]
    if min(height, width) < face_px + 8:
        raise ValueError(f"A frame of {width}x{height} has no room for a face of {face_px} px.")
    mask_u8 = np.zeros((height, width), np.uint8)
    axes = (int(0.42 * face_px), face_px // 2)
    cv2.ellipse(mask_u8, (width // 2, height // 2), axes, 10, 0, 360, 1, -1)
    x, y, w, h = cv2.boundingRect(mask_u8)
    box = slice(y - 2, y + h + 2), slice(x - 2, x + w + 2)
    region = images.to_float(frame_u8[box])
    return poisson.Task(region, np.ascontiguousarray(region[:, ::-1]), mask_u8[box] > 0)


def random_frame_u8(*, width: int, height: int) -> np.ndarray:
    """A smooth random frame, always the same."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 40, width // 40, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
