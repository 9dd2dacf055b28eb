"""The image pyramid of the first net, packed on a canvas that is cut into tiles of one size.

Frames of any size become tiles, so that all of them share one program; and a tile is small enough
for the net's maps to stay in a CPU's cache, which halves their time.
"""

import dataclasses
from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from jaxswap import types
from jaxswap.vision.mtcnn_nets import CELL, STRIDE

FACTOR = 0.709  # half the area from one level to the next, as in the paper
TILE = 96  # side in pixels
COARSE_CELL = 24  # pixels of the reduced frame, at least, along the smallest face's side
STEP = TILE - CELL + STRIDE  # from one tile to the next, so that the outputs meet
TILE_CELLS = STEP // STRIDE  # side of a tile's outputs


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
        return _cells(self.height), _cells(self.width)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the levels of one frame size lie on their canvas, of `rows` by `columns` tiles.

    All levels are drawn from the frame reduced once, by blocks of `block` pixels a side: the first
    has 12 pixels for the smallest face, so 24 of the reduced frame hold all that they show.
    """

    levels: tuple[Level, ...]
    rows: int
    columns: int
    block: int

    @property
    def num_tiles(self) -> int:
        """Tiles of a frame."""
        return self.rows * self.columns

    def tiles(
        self, frame_u8: types.ImageU8
    ) -> Iterator[tuple[Float[np.ndarray, "tile tile 3"], Bool[np.ndarray, "conv conv"]]]:
        """Tiles of the canvas in [0, 255], row by row.

        Beside each: which outputs of the net's first 3x3 convolution lie within a level.
        """
        canvas = self._draw(frame_u8)
        inside = _inside(self)
        for top in range(0, self.rows * STEP, STEP):
            for left in range(0, self.columns * STEP, STEP):
                yield (
                    canvas[top : top + TILE, left : left + TILE],
                    inside[top : top + TILE - 2, left : left + TILE - 2],
                )

    def join(self, outputs: Float[np.ndarray, "n side side *c"]) -> Float[np.ndarray, "oh ow *c"]:
        """Outputs of a frame's tiles as one map; output (i, j) sees the canvas from (2i, 2j)."""
        grid = outputs.reshape(self.rows, self.columns, *outputs.shape[1:]).swapaxes(1, 2)
        return grid.reshape(self.rows * TILE_CELLS, self.columns * TILE_CELLS, *outputs.shape[3:])

    def _draw(self, frame_u8: types.ImageU8) -> Float[np.ndarray, "canvas_h canvas_w 3"]:
        canvas = np.zeros(
            (self.rows * STEP + TILE - STEP, self.columns * STEP + TILE - STEP, 3), np.float32
        )
        image = _reduced(frame_u8, self.block).astype(np.float32)
        for level in self.levels:
            place = canvas[level.y : level.y + level.height, level.x : level.x + level.width]
            size = (level.width, level.height)
            place[:] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return canvas


@lru_cache(maxsize=64)
def layout(height: int, width: int, *, min_face_px: int) -> Layout:
    """The layout with the fewest tiles; without levels if no face of `min_face_px` fits."""
    scales = []
    scale = CELL / min_face_px
    while min(int(height * scale), int(width * scale)) >= CELL:
        scales.append(scale)
        scale *= FACTOR
    if not scales:
        return Layout((), 0, 0, 1)
    sizes = [(int(height * scale), int(width * scale)) for scale in scales]
    block = max(1, min_face_px // COARSE_CELL)
    fewest = _steps(sizes[0][1])
    layouts = []
    for columns in range(fewest, 2 * fewest + 1):
        places = _pack(sizes, columns * STEP + TILE - STEP)
        levels = tuple(
            Level(x, y, w, h, scale)
            for (y, x), (h, w), scale in zip(places, sizes, scales, strict=True)
        )
        rows = _steps(max(level.y + level.height for level in levels))
        layouts.append(Layout(levels, rows, columns, block))
    return min(layouts, key=lambda found: found.num_tiles)


@lru_cache(maxsize=64)
def _inside(found: Layout) -> Bool[np.ndarray, "rows columns"]:
    inside = np.zeros(
        (found.rows * STEP + TILE - STEP - 2, found.columns * STEP + TILE - STEP - 2), bool
    )
    for level in found.levels:
        inside[level.y : level.y + level.height - 2, level.x : level.x + level.width - 2] = True
    return inside


def _reduced(frame_u8: types.ImageU8, block: int) -> UInt8[np.ndarray, "rh rw 3"]:
    """The whole frame by area; at its edge the blocks may be a little larger or smaller."""
    if block == 1:
        return frame_u8
    height, width = (round(side / block) for side in frame_u8.shape[:2])
    return cv2.resize(frame_u8, (width, height), interpolation=cv2.INTER_AREA)


def _pack(sizes: list[tuple[int, int]], width: int) -> list[tuple[int, int]]:
    """Places (y, x) for rectangles (height, width), each as high up as it fits, then leftmost.

    Places are even, since the net's stride is 2.
    """
    depth = np.zeros(width // STRIDE, int)
    places = []
    for size in sizes:
        high, wide = (-(-side // STRIDE) for side in size)
        tops = np.lib.stride_tricks.sliding_window_view(depth, wide).max(axis=-1)
        left = int(tops.argmin())
        top = int(tops[left])
        depth[left : left + wide] = top + high
        places.append((top * STRIDE, left * STRIDE))
    return places


def _cells(side: int) -> int:
    """Outputs along `side` pixels of a level that see nothing else."""
    return -(-(side - 2) // STRIDE) - 4


def _steps(side: int) -> int:
    """Tiles that cover `side` pixels."""
    return max(1, -(-(side - TILE + STEP) // STEP))
