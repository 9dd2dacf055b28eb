"""A contact sheet: the faceset at one look."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import UInt8

from jaxswap import types

CELL = 112
CAPTION = 14
COLUMNS = 8
MAX_CELLS = 64


def evenly(count: int) -> list[int]:
    """Indices of at most `MAX_CELLS` of `count` things, evenly spread."""
    shown = min(count, MAX_CELLS)
    return [round(i * (count - 1) / max(1, shown - 1)) for i in range(shown)]


def draw(
    chips_u8: Sequence[types.ImageU8], captions: Sequence[str]
) -> UInt8[np.ndarray, "sheet_h sheet_w 3"]:
    """Chips in rows, each with a line below it.

    Raises:
        ValueError: if there are no chips, or not as many captions.
    """
    if not chips_u8 or len(chips_u8) != len(captions):
        raise ValueError(f"{len(chips_u8)} chips and {len(captions)} captions do not match.")
    columns = min(COLUMNS, len(chips_u8))
    rows = -(-len(chips_u8) // columns)
    sheet = np.full((rows * (CELL + CAPTION), columns * CELL, 3), 24, np.uint8)
    for index, (chip, caption) in enumerate(zip(chips_u8, captions, strict=True)):
        y, x = (index // columns) * (CELL + CAPTION), (index % columns) * CELL
        sheet[y : y + CELL, x : x + CELL] = cv2.resize(
            chip, (CELL, CELL), interpolation=cv2.INTER_AREA
        )
        cv2.putText(
            sheet,
            caption,
            (x + 3, y + CELL + CAPTION - 4),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.33,
            (220, 220, 220),
            1,
            cv2.LINE_AA,
        )
    return sheet
