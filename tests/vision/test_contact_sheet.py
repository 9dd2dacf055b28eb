"""The contact sheet shows chips of the whole time, each in its cell."""

import numpy as np
import pytest

from jaxswap.vision import contact_sheet
from jaxswap.vision.contact_sheet import CAPTION, CELL, COLUMNS, MAX_CELLS


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1_000])
def test_chips_are_spread_evenly_from_the_first_to_the_last(count):
    chosen = contact_sheet.evenly(count)
    assert len(chosen) == min(count, MAX_CELLS)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    gaps = np.diff(chosen)
    assert (gaps > 0).all()
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1


def test_each_chip_lies_in_its_cell_with_a_caption():
    chips = [np.full((64, 64, 3), 10 * i, np.uint8) for i in range(1, 12)]
    sheet = contact_sheet.draw(chips, [f"{i}" for i in range(1, 12)])
    assert sheet.shape == (2 * (CELL + CAPTION), COLUMNS * CELL, 3)
    for index, chip in enumerate(chips):
        y, x = (index // COLUMNS) * (CELL + CAPTION), (index % COLUMNS) * CELL
        np.testing.assert_array_equal(sheet[y : y + CELL, x : x + CELL], chip[0, 0, 0])
        assert sheet[y + CELL : y + CELL + CAPTION, x : x + CELL].max() > 100


def test_colours_are_not_swapped():
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 200
    np.testing.assert_array_equal(contact_sheet.draw([red], ["a"])[5, 5], [200, 0, 0])


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="0 chips and 0 captions"):
        contact_sheet.draw([], [])
