"""Pictures that carry their mark, as other programs read them."""

import numpy as np
import pytest
from PIL import Image

from jaxswap import errors
from jaxswap.provenance import marked_pictures, xmp


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.JPEG", "x.webp"])
def test_pillow_finds_the_packet(write_picture, mark, name):
    with Image.open(write_picture(name)) as image:
        image.load()
        assert image.size == (30, 20)
        assert xmp.parse(image.info["xmp"]) == mark


@pytest.mark.parametrize("name", ["x.png", "x.webp"])
def test_a_lossless_picture_keeps_its_pixels(write_picture, image_u8, name):
    with Image.open(write_picture(name)) as image:
        np.testing.assert_array_equal(np.asarray(image), image_u8)


@pytest.mark.parametrize("name", ["x.png", "x.jpg"])
def test_a_picture_says_it_in_words(write_picture, name):
    with Image.open(write_picture(name)) as image:
        said = image.info.get("Comment") or image.info["comment"].decode()
    assert said.startswith("Synthetic media: faces in this image replaced by jaxswap")


def test_a_picture_that_cannot_carry_a_mark_is_refused(tmp_path, mark, image_u8):
    with pytest.raises(errors.OutputError, match=r"\.png, \.jpg"):
        marked_pictures.write(tmp_path / "x.bmp", image_u8, mark=mark)


def test_a_picture_that_cannot_be_written_leaves_what_was_there(tmp_path, mark, image_u8):
    (tmp_path / "x.png").mkdir()
    (tmp_path / "x.png" / "mine").write_text("1")
    with pytest.raises(errors.OutputError, match="cannot be written"):
        marked_pictures.write(tmp_path / "x.png", image_u8, mark=mark)
    assert [path.name for path in tmp_path.rglob("*")] == ["x.png", "mine"]
