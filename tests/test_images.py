"""Conversions are exact, files are read as they should be seen, and broken ones say so."""

import numpy as np
import pytest
from PIL import Image

from jaxswap import errors, images
from jaxswap.stills import still


@pytest.fixture
def picture_u8() -> np.ndarray:
    """Smooth colour, no symmetry, so that any swap of channels or axes shows."""
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([x * 4, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


def test_u8_and_float_are_inverses():
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    as_float = images.to_float(every)
    assert as_float.dtype == np.float32
    assert (as_float.min(), as_float.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(images.to_u8(as_float), every)


def test_values_outside_are_clipped_and_rounded_to_the_nearest():
    values = np.array([-0.2, 0.0, 1.49 / 255, 1.51 / 255, 1.0, 3.0], np.float32)
    np.testing.assert_array_equal(images.to_u8(values), [0, 0, 1, 2, 255, 255])


def test_png_bytes_hold_the_image_exactly(picture_u8):
    np.testing.assert_array_equal(images.decode_u8(images.encode_png(picture_u8)), picture_u8)


def test_jpeg_bytes_hold_it_nearly_and_in_the_same_colours(picture_u8):
    decoded = images.decode_u8(images.encode_jpeg(picture_u8)).astype(int)
    assert np.abs(decoded - picture_u8).mean() < 2.0


def test_bytes_that_are_no_image_are_refused():
    for broken in (b"", b"not an image"):
        with pytest.raises(ValueError, match="do not decode"):
            images.decode_u8(broken)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".jpg"])
def test_files_are_read_as_rgb(tmp_path, picture_u8, suffix):
    path = tmp_path / f"picture{suffix}"
    options = {"lossless": True} if suffix == ".webp" else {}
    Image.fromarray(picture_u8).save(path, **options)
    tolerance = 12 if suffix == ".jpg" else 0
    read = images.read_u8(path)
    assert read.shape == picture_u8.shape
    assert np.abs(read.astype(int) - picture_u8).max() <= tolerance


def test_photos_come_upright_by_their_orientation(tmp_path, picture_u8):
    path = tmp_path / "phone.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn 90 degrees clockwise to see it upright"
    Image.fromarray(np.ascontiguousarray(np.rot90(picture_u8))).save(path, exif=exif)
    np.testing.assert_array_equal(images.read_u8(path), picture_u8)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_other_modes_become_rgb(tmp_path, picture_u8, mode):
    path = tmp_path / "picture.tif"
    Image.fromarray(picture_u8).convert(mode).save(path)
    assert images.read_u8(path).shape == picture_u8.shape


def test_sixteen_bits_keep_their_brightness(tmp_path):
    path = tmp_path / "deep.png"
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (8, 1))
    Image.fromarray(ramp).save(path)
    read = images.read_u8(path)
    np.testing.assert_allclose(read[0, :, 0], ramp[0] / 257, atol=1)


def test_a_missing_image_is_named(tmp_path):
    with pytest.raises(errors.FootageError, match=r"There is no file .*gone\.png"):
        images.read_u8(tmp_path / "gone.png")


@pytest.mark.parametrize("kept", [0, 9, 60, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_broken_image_is_named_with_a_remedy(tmp_path, picture_u8, kept, kind):
    encode = images.encode_png if kind == "png" else images.encode_jpeg
    noisy = picture_u8 ^ np.random.default_rng(0).integers(0, 99, picture_u8.shape, dtype=np.uint8)
    whole = encode(noisy)
    path = tmp_path / f"broken.{kind}"
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    with pytest.raises(errors.FootageError, match=rf"broken\.{kind} cannot be read .* Replace it"):
        images.read_u8(path)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch, picture_u8):
    path = tmp_path / "huge.png"
    path.write_bytes(images.encode_png(picture_u8))
    monkeypatch.setattr(still, "MAX_PIXELS", 1_000)
    with pytest.raises(errors.FootageError, match="64x48 pixels; at most 1,000"):
        images.read_u8(path)


def test_shrinking_averages_and_keeps_the_mean():
    checkers = np.indices((64, 64)).sum(axis=0) % 2 * 255
    image_u8 = np.repeat(checkers[..., None], 3, axis=-1).astype(np.uint8)
    small = images.resize_u8(image_u8, 16)
    assert small.shape == (16, 16, 3)
    assert np.abs(small.astype(int) - 127).max() <= 1


def test_write_png_leaves_the_old_file_when_it_fails(tmp_path, picture_u8, monkeypatch):
    path = tmp_path / "picture.png"
    images.write_png(path, picture_u8)

    def full_disk(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        images.write_png(path, picture_u8 // 2)
    np.testing.assert_array_equal(images.read_u8(path), picture_u8)
    assert [entry.name for entry in tmp_path.iterdir()] == ["picture.png"]
