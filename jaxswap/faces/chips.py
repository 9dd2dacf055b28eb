"""Chips: aligned square face images cut from frames."""

import cv2
import numpy as np
from jaxtyping import UInt8

from jaxswap import geometry, types

MAX_OVERSAMPLING = 8


def cut_chip(
    frame_u8: types.ImageU8, chip_from_frame: types.Similarity, size: int
) -> UInt8[np.ndarray, "size size 3"]:
    """The chip of a frame: area-averaged where it shrinks, cubic where it grows.

    Convention: `chip_from_frame` takes frame pixels to chip pixels, centres at integers; beyond the
    frame its border is repeated.
    """
    shrink = 1.0 / geometry.scale_of(chip_from_frame)
    factor = int(min(MAX_OVERSAMPLING, max(1, np.ceil(shrink))))
    method = cv2.INTER_CUBIC if shrink < 1 else cv2.INTER_LINEAR
    fine_from_frame = geometry.compose(finer(factor), chip_from_frame)
    fine = cv2.warpAffine(
        frame_u8,
        fine_from_frame,
        (size * factor, size * factor),
        flags=method,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if factor == 1:
        return fine
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)


def finer(factor: float) -> types.Similarity:
    """`fine_from_chip` of a raster with `factor` times the pixels along a side.

    Convention: pixel edges coincide, so the centre of pixel 0 goes to (factor - 1) / 2.
    """
    shift = (factor - 1) / 2
    return np.array([[factor, 0.0, shift], [0.0, factor, shift]])
