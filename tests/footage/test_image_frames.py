"""A folder of images comes in natural order, as pictures or as a film."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from jaxswap import errors, footage, images, spans


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


def test_what_a_folder_holds_and_is_not_read_is_named(tmp_path, draw, clip):
    for number, name in enumerate(("a.jfif", "b.avif", "c.png", "d.jpe")):
        form = {"a.jfif": "JPEG", "d.jpe": "JPEG"}.get(name)
        Image.fromarray(draw(number)).save(tmp_path / name, format=form)
    second = Image.fromarray(draw(9))
    Image.fromarray(draw(0)).save(tmp_path / "moves.png", save_all=True, append_images=[second])
    Image.fromarray(draw(0)).save(tmp_path / "pages.tif", save_all=True, append_images=[second])
    (tmp_path / "Thumbs.db").write_bytes(b"no picture")
    (tmp_path / ".hidden.txt").write_text("not told of")
    (tmp_path / "sub").mkdir()
    reader = footage.FrameReader(tmp_path)
    assert [frame.name for frame in reader] == ["a.jfif", "b.avif", "c.png", "d.jpe"]
    (line,) = reader.notices.lines
    assert line.startswith(f"Not read in {tmp_path.name}")
    assert line.endswith("Thumbs.db, clip.mp4, moves.png and 2 more")


def test_a_folder_without_an_image_names_what_it_holds(tmp_path, clip):
    (tmp_path / "sub").mkdir()
    with pytest.raises(errors.FootageError, match=r"holds no image. It holds clip\.mp4, sub/\."):
        footage.probe(tmp_path)


def test_pages_of_a_file_are_a_folder_of_images_or_a_film(tmp_path, draw):
    first, *others = (Image.fromarray(draw(number)) for number in range(3))
    first.save(tmp_path / "pages.tif", save_all=True, append_images=others)
    reader = footage.FrameReader(tmp_path / "pages.tif")
    frames = list(reader)
    assert (reader.info.kind, reader.info.num_frames) == ("images", 3)
    assert [frame.name for frame in frames] == ["000001.png", "000002.png", "000003.png"]
    np.testing.assert_array_equal(frames[2].image_u8, draw(2))
    film = footage.FrameReader(tmp_path / "pages.tif", frame_rate=Fraction(10))
    assert [frame.time_s for frame in film] == pytest.approx([0, 0.1, 0.2])


def test_what_changes_in_reading_is_told_of_with_names(tmp_path, draw):
    for number in range(5):
        Image.fromarray(draw(number)).convert("CMYK").save(tmp_path / f"{number}.jpg")
    reader = footage.FrameReader(tmp_path)
    assert len(list(reader)) == 5
    (line,) = reader.notices.lines
    assert line == "Colours of the kind CMYK became RGB: 0.jpg, 1.jpg, 2.jpg and 2 more"
