"""A file is what it holds, whatever its name says."""

import numpy as np
import pytest
from PIL import Image

from jaxswap import stills
from jaxswap.stills import heif


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.jfif", "JPEG"),
        ("a.jpe", "JPEG"),
        ("a.avif", "AVIF"),
        ("a.gif", "GIF"),
        ("a.webp", "WEBP"),
        ("a.tif", "TIFF"),
        ("a.jp2", "JPEG2000"),
        ("a.ppm", "PPM"),
        ("a.tga", "TGA"),
        ("webp.jpg", "WEBP"),
        ("jpeg.png", "JPEG"),
        ("a.mp4", "PNG"),
        ("without", "PNG"),
    ],
)
def test_one_picture_is_a_still_under_any_name(tmp_path, picture_u8, name, form):
    Image.fromarray(picture_u8).save(tmp_path / name, format=form)
    assert stills.kind_of(tmp_path / name) == "still"
    assert stills.read(tmp_path / name).rgb_u8.shape == picture_u8.shape


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.png", "PNG"), ("a.webp", "WEBP"), ("a.gif", "GIF"), ("a.avif", "AVIF"), ("b.jpg", "GIF")],
)
def test_an_animation_is_a_film_under_any_name(tmp_path, animate, name, form):
    first, *others = animate(3)
    first.save(tmp_path / name, format=form, save_all=True, append_images=others, duration=100)
    assert stills.kind_of(tmp_path / name) == "film"


def test_a_tiff_of_many_pages_has_pages_and_one_of_one_is_a_still(tmp_path, animate):
    first, *others = animate(3)
    first.save(tmp_path / "pages.tif", save_all=True, append_images=others)
    assert stills.kind_of(tmp_path / "pages.tif") == "pages"
    assert stills.pages(tmp_path / "pages.tif") == [0, 1, 2]
    read = stills.read(tmp_path / "pages.tif", page=2)
    np.testing.assert_array_equal(read.pixels, np.asarray(others[1]))


def test_a_smaller_copy_in_a_tiff_is_no_page(tmp_path, animate):
    first, second = animate(2)
    small = second.resize((32, 24))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    first.save(tmp_path / "photo.tif", save_all=True, append_images=[small])
    with Image.open(tmp_path / "photo.tif") as image:
        assert image.n_frames == 2
        image.seek(1)
        assert image.tag_v2[254] == 1
    assert stills.kind_of(tmp_path / "photo.tif") == "still"


def test_several_jpegs_in_one_file_are_a_still_and_the_others_are_told_of(tmp_path, animate):
    first, second = animate(2)
    first.save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=[second])
    assert stills.kind_of(tmp_path / "phone.jpg") == "still"
    (remark,) = stills.read(tmp_path / "phone.jpg").remarks
    assert remark.startswith("further pictures in the file")


def test_what_is_no_picture_is_other_unless_its_name_promises_one(tmp_path):
    for name, kind in (("notes.txt", "other"), ("Thumbs.db", "other"), ("damaged.heic", "still")):
        (tmp_path / name).write_bytes(b"no picture" * 99)
        assert stills.kind_of(tmp_path / name) == kind


@pytest.mark.parametrize("name", ["phone.heic", "sent.jpg"])
def test_a_phones_heic_in_tiles_is_read_whole(tmp_path, picture_u8, name, monkeypatch, pillow_heif):
    monkeypatch.setattr(pillow_heif.options, "GRID_TILE_SIZE", 64)
    large = np.kron(picture_u8, np.ones((4, 4, 1), np.uint8))
    image = Image.fromarray(large)
    pillow_heif.from_pillow(image).save(tmp_path / name, quality=90)
    held = pillow_heif.open_heif(tmp_path / name)
    assert held.info["tiling"]["num_columns"] == 4
    assert stills.kind_of(tmp_path / name) == "still"
    read = stills.read(tmp_path / name)
    assert np.abs(read.rgb_u8.astype(int) - large).mean() < 4


def test_heic_names_its_extra_where_that_is_not_installed(
    tmp_path, picture_u8, monkeypatch, pillow_heif
):
    from jaxswap import errors, footage

    pillow_heif.from_pillow(Image.fromarray(picture_u8)).save(tmp_path / "IMG_1.HEIC")
    monkeypatch.setattr(heif, "is_available", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(errors.MissingExtraError, match=r"IMG_1\.HEIC .* pip install") as caught:
        footage.probe(tmp_path / "IMG_1.HEIC")
    assert "\n" not in str(caught.value)
    with pytest.raises(errors.FootageError, match="only HEIC pictures, which need an extra"):
        footage.probe(tmp_path)
    Image.fromarray(picture_u8).save(tmp_path / "a.png")
    reader = footage.FrameReader(tmp_path)
    assert [frame.name for frame in reader] == ["a.png"]
    (line,) = reader.notices.lines
    assert "pip install" in line
    assert line.endswith("IMG_1.HEIC")
