"""Chips: aligned square face images cut from frames."""

import math

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import geometry, types


def cut_chip(
    frame_u8: types.ImageU8, chip_from_frame: types.Similarity, size: int
) -> UInt8[np.ndarray, "size size 3"]:
    """The chip of a frame: area-averaged where it shrinks, cubic where it grows.

    Each pixel of a chip that shrinks is the mean of points that lie no further apart than the
    frame's pixels. Where it shrinks much, blocks of the frame are averaged first, which is quicker.

    Convention: `chip_from_frame` takes frame pixels to chip pixels, centres at integers; beyond the
    frame its border is repeated.
    """
    if _shrink(chip_from_frame) >= 4.0:
        factor = int(_shrink(chip_from_frame) / 2)
        frame_u8, coarse_from_frame = coarse(frame_u8, chip_from_frame, size, factor)
        chip_from_frame = geometry.compose(chip_from_frame, geometry.invert(coarse_from_frame))
    shrink = _shrink(chip_from_frame)
    if shrink <= 1.0:
        return _warp(frame_u8, chip_from_frame, size, method=cv2.INTER_CUBIC)
    factor = math.ceil(shrink - 1e-6)
    fine_from_frame = geometry.compose(finer(factor), chip_from_frame)
    fine = _warp(frame_u8, fine_from_frame, factor * size, method=cv2.INTER_LINEAR)
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)


def finer(factor: float | int) -> types.Similarity:
    """`fine_from_chip` of a raster with `factor` times the pixels along a side.

    Convention: pixel edges coincide, so the centre of pixel 0 goes to (factor - 1) / 2.
    """
    shift = (factor - 1) / 2
    return np.array([[factor, 0.0, shift], [0.0, factor, shift]])


def _shrink(chip_from_frame: types.Similarity) -> float:
    return 1.0 / geometry.scale_of(chip_from_frame)


def _warp(
    image_u8: types.ImageU8, chip_from_image: types.Similarity, size: int, *, method: int
) -> UInt8[np.ndarray, "size size 3"]:
    return cv2.warpAffine(
        image_u8, chip_from_image, (size, size), flags=method, borderMode=cv2.BORDER_REPLICATE
    )


def coarse(
    frame_u8: types.ImageU8, chip_from_frame: types.Similarity, size: int, factor: int
) -> tuple[UInt8[np.ndarray, "coarse_h coarse_w 3"], types.Similarity]:
    """The part of the frame around the chip, averaged over blocks of `factor` pixels.

    Returns:
        The part, and the matrix that takes frame pixels to its pixels.
    """
    edge = size - 0.5
    corners = np.array([[-0.5, -0.5], [edge, -0.5], [-0.5, edge], [edge, edge]])
    shown = geometry.apply(geometry.invert(chip_from_frame), corners)
    x0, x1 = _span(shown[:, 0], frame_u8.shape[1], factor)
    y0, y1 = _span(shown[:, 1], frame_u8.shape[0], factor)
    part = frame_u8[y0:y1, x0:x1]
    missing = (-part.shape[0] % factor, -part.shape[1] % factor)
    part = cv2.copyMakeBorder(part, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    coarse_size = (part.shape[1] // factor, part.shape[0] // factor)
    coarse = cv2.resize(part, coarse_size, interpolation=cv2.INTER_AREA)
    shift = np.array([[1.0, 0.0, -x0], [0.0, 1.0, -y0]])
    return coarse, geometry.compose(finer(1.0 / factor), shift)


def _span(values: Float[np.ndarray, " 4"], length: int, factor: int) -> tuple[int, int]:
    """First and last pixel, exclusive, of the blocks that hold `values`, inside of the frame."""
    first = min(max(math.floor(values.min()) - 2 * factor, 0), length - 1)
    last = max(min(math.ceil(values.max()) + 2 * factor, length), first + 1)
    return first, last
