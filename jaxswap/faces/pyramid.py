"""The image pyramid of the first net, laid out as one mosaic of a fixed set of sizes.

All levels of a frame share one canvas, and canvases come in few sizes: a clip compiles one
program for its proposals, and photos of many sizes share a handful.
"""

import dataclasses
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float

from jaxswap import types
from jaxswap.faces.mtcnn_nets import CELL, STRIDE

FACTOR = 0.709  # half the area from one level to the next, as in the paper

# Sides of canvases: three steps an octave keep the padding below a third.
RUNGS = tuple(
    size for power in range(5, 13) for size in (2**power, 5 * 2**power // 4, 3 * 2**power // 2)
)


@dataclasses.dataclass(frozen=True)
class Level:
    """One scale of the frame on the canvas: its place, its size and its scale."""

    x: int
    y: int
    width: int
    height: int
    scale: float

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of outputs that see this level only."""
        return tuple(-(-(side - 2) // STRIDE) - 4 for side in (self.height, self.width))


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the levels of one frame size lie on their canvas."""

    levels: tuple[Level, ...]
    height: int
    width: int

    def inside(self) -> Bool[np.ndarray, "ch cw"]:
        """Which outputs of the first 3x3 convolution lie within a level."""
        inside = np.zeros((self.height - 2, self.width - 2), bool)
        for level in self.levels:
            inside[level.y : level.y + level.height - 2, level.x : level.x + level.width - 2] = True
        return inside

    def draw(self, frame_u8: types.ImageU8) -> Float[np.ndarray, "canvas_h canvas_w 3"]:
        """The canvas of a frame, in [-1, 1]."""
        canvas = np.zeros((self.height, self.width, 3), np.float32)
        image = normalised(frame_u8)
        for level in self.levels:
            canvas[level.y : level.y + level.height, level.x : level.x + level.width] = cv2.resize(
                image, (level.width, level.height), interpolation=cv2.INTER_AREA
            )
        return canvas


def normalised(frame_u8: types.ImageU8) -> Float[np.ndarray, "h w 3"]:
    """What the nets take: (x - 127.5) / 128."""
    return (frame_u8.astype(np.float32) - 127.5) / 128


@lru_cache(maxsize=64)
def layout(height: int, width: int, *, min_face_px: int) -> Layout:
    """The layout for frames of a size; without levels if no face of `min_face_px` fits.

    Levels are laid on shelves as wide as the largest level, at even places, since the net's stride
    is 2.
    """
    scales = []
    scale = CELL / min_face_px
    while min(int(height * scale), int(width * scale)) >= CELL:
        scales.append(scale)
        scale *= FACTOR
    if not scales:
        return Layout((), 0, 0)
    shelf_width = _even(int(width * scales[0]))
    shelves: list[list[int]] = []  # used width, top, height
    levels = []
    for scale in scales:
        level_height, level_width = int(height * scale), int(width * scale)
        for shelf in shelves:
            if shelf[0] + level_width <= shelf_width and level_height <= shelf[2]:
                break
        else:
            top = shelves[-1][1] + _even(shelves[-1][2]) if shelves else 0
            shelf = [0, top, level_height]
            shelves.append(shelf)
        levels.append(Level(shelf[0], shelf[1], level_width, level_height, scale))
        shelf[0] += _even(level_width)
    return Layout(tuple(levels), _rung(shelves[-1][1] + _even(shelves[-1][2])), _rung(shelf_width))


def _even(n: int) -> int:
    return n + n % STRIDE


def _rung(n: int) -> int:
    return next((rung for rung in RUNGS if rung >= n), n + (-n) % 256)
