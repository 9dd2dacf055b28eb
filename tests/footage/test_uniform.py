"""A film has the size and the coding of its first frame, whatever comes later."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from jaxswap import footage, spans
from jaxswap.footage import uniform

RED, BLUE = (200, 40, 40), (40, 40, 200)


def plain(width: int, height: int, color: tuple[int, int, int]) -> tuple:
    return width, height, color, "yuv420p", (1, 1)


def test_another_size_is_letterboxed_and_told_of(tmp_path, join_parts):
    path = join_parts(tmp_path / "a.ts", [plain(96, 64, RED), plain(64, 64, BLUE)])
    reader = footage.FrameReader(path)
    frames = list(reader)
    assert len(frames) == 10
    for frame in frames:
        assert frame.image_u8.shape == (64, 96, 3)
        assert (frame.video_frame.width, frame.video_frame.height) == (96, 64)
    np.testing.assert_allclose(frames[2].image_u8[32, 48], RED, atol=6)
    last = frames[-1].image_u8
    np.testing.assert_allclose(last[4:-4, 20:-20].mean(axis=(0, 1)), BLUE, atol=6)
    assert last[:, :12].max() <= 4
    assert last[:, -12:].max() <= 4
    held = footage.FrameReader(path).again([9])
    np.testing.assert_array_equal(next(held).image_u8, last)
    (line,) = reader.notices.lines
    assert line.startswith("the size of the pictures of a.ts changes midway from 96x64 to 64x64")


def test_a_part_that_begins_later_has_the_films_size(tmp_path, join_parts):
    path = join_parts(tmp_path / "a.ts", [plain(96, 64, RED), plain(64, 96, BLUE)])
    reader = footage.FrameReader(path, span=spans.Span(Fraction("0.3"), None))
    frames = list(reader)
    assert frames
    assert {frame.image_u8.shape for frame in frames} == {(64, 96, 3)}
    assert len(reader.notices.lines) == 1


@pytest.mark.parametrize("tags", [(5, 1), (1, 2), (9, 2)], ids=["matrix", "range", "both"])
def test_another_colour_coding_shows_the_same_colours(tmp_path, tags, join_parts):
    path = join_parts(tmp_path / "a.ts", [plain(96, 64, RED), (96, 64, RED, "yuv420p", tags)])
    reader = footage.FrameReader(path)
    first, *_, last = reader
    np.testing.assert_allclose(last.image_u8[32, 48], RED, atol=6)
    codes = [frame.video_frame.to_ndarray()[32, 48] for frame in (first, last)]
    assert abs(int(codes[0]) - int(codes[1])) <= 2
    assert (last.video_frame.colorspace, last.video_frame.color_range) == (1, 1)
    (line,) = (one for one in reader.notices.lines if "colour coding" in one)
    assert line.startswith("the colour coding of a.ts changes midway")


@pytest.mark.parametrize("layout", ["yuv444p", "yuv420p10le"])
def test_another_pixel_format_is_told_of(tmp_path, layout, join_parts):
    path = join_parts(tmp_path / "a.ts", [plain(96, 64, RED), (96, 64, RED, layout, (1, 1))])
    reader = footage.FrameReader(path)
    assert len(list(reader)) == 10
    assert any(
        line.startswith("the pixel format of a.ts changes midway from yuv420p to")
        for line in reader.notices.lines
    )


def test_pictures_of_many_sizes_are_a_film_of_one(tmp_path):
    for number, (width, height) in enumerate([(96, 64), (64, 64), (48, 32)]):
        Image.new("RGBA", (width, height), (*RED, 255)).save(tmp_path / f"{number}.png")
    film = footage.FrameReader(tmp_path, frame_rate=Fraction(5))
    shapes = [(frame.image_u8.shape, frame.still.pixels.shape) for frame in film]
    assert shapes == [((64, 96, 3), (64, 96, 4))] * 3
    (line,) = film.notices.lines
    assert line.endswith("black borders: 1.png, 2.png")
    pictures = footage.FrameReader(tmp_path)
    assert [frame.image_u8.shape[:2] for frame in pictures] == [(64, 96), (64, 64), (32, 48)]
    assert pictures.notices.lines == ()


@pytest.mark.parametrize("size", [(96, 64), (64, 96), (7, 5), (500, 3)])
def test_letterboxing_keeps_the_ratio_and_the_middle(size):
    image = np.full((40, 60, 3), 200, np.uint8)
    fitted = uniform.letterboxed(image, size=size)
    assert fitted.shape == (size[1], size[0], 3)
    rows, columns = np.nonzero(fitted[..., 0])
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert width == size[0] or height == size[1]
    assert abs(width / height - 1.5) <= 1.5 / min(width, height) + 0.01
    assert abs(rows.min() - (size[1] - 1 - rows.max())) <= 1
    assert abs(columns.min() - (size[0] - 1 - columns.max())) <= 1
