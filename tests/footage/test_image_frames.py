"""A folder of images comes in natural order, as pictures or as a film."""

from fractions import Fraction

import numpy as np
import pytest

from jaxswap import footage, images, spans


def span(start: str, end: str | None = None) -> spans.Span:
    return spans.Span(Fraction(start), None if end is None else Fraction(end))


def test_a_folder_comes_in_natural_order(tmp_path, draw):
    for number in (10, 2, 1):
        images.write_png(tmp_path / f"frame{number}.png", draw(number))
    (tmp_path / "notes.txt").write_text("not an image")
    images.write_png(tmp_path / ".hidden.png", draw(0))
    reader = footage.FrameReader(tmp_path)
    frames = list(reader)
    assert [frame.name for frame in frames] == ["frame1.png", "frame2.png", "frame10.png"]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == [0.0, 1.0, 2.0]
    assert (reader.info.kind, reader.info.num_frames) == ("images", 3)
    np.testing.assert_array_equal(frames[2].image_u8, draw(10))


def test_a_single_image_is_footage(tmp_path, draw):
    images.write_png(tmp_path / "still.png", draw(0))
    (frame,) = footage.FrameReader(tmp_path / "still.png")
    assert (frame.name, frame.pts, frame.video_frame) == ("still.png", None, None)


def test_a_folder_with_a_frame_rate_is_a_film(tmp_path, draw):
    for number in range(1, 13):
        images.write_png(tmp_path / f"frame{number}.png", draw(number))
    reader = footage.FrameReader(tmp_path, frame_rate=Fraction(30000, 1001))
    frames = list(reader)
    assert reader.info.moves
    assert not footage.probe(tmp_path).moves
    assert [frame.pts for frame in frames] == list(range(12))
    assert frames[5].time_s == pytest.approx(5 * 1001 / 30000)
    assert frames[0].time_base == Fraction(1001, 30000)
    part = footage.FrameReader(tmp_path, frame_rate=Fraction(10), span=span("0.3", "0.55"))
    assert [frame.name for frame in part] == ["frame4.png", "frame5.png", "frame6.png"]
    assert part.num_frames == 3
