"""What is not painted over stays to the bit, in the picture's own colours and depth."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from jaxswap import footage, images, stills
from jaxswap.conversion import canvas, image_outputs
from jaxswap.provenance import marks, reading

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
BOX = canvas.Box(0, 0, 8, 8)
RED = np.broadcast_to(np.float32([1, 0, 0]), (8, 8, 3)).copy()


def convert(source, out, *, color=RED):
    """One picture through its output, with a square painted over the upper left."""
    output = image_outputs.ImageOutput(out, source=source, mark=MARK)
    with output:
        (frame,) = footage.FrameReader(source)
        original = output.keep(frame)
        painted = output.open_canvas(original)
        painted.mix(BOX, color, np.ones((8, 8), np.float32))
        output.write(original, painted)
    assert reading.read(out) == MARK
    return stills.read(out), output.notices.lines


@pytest.fixture
def picture_u8(smooth_images):
    return smooth_images(1)[0]


def test_transparency_is_kept(tmp_path, picture_u8):
    rgba_u8 = np.dstack([picture_u8, np.indices((48, 64))[1].astype(np.uint8) * 4])
    Image.fromarray(rgba_u8).save(tmp_path / "a.png")
    for name in ("b.png", "b.webp"):
        read, lines = convert(tmp_path / "a.png", tmp_path / name)
        np.testing.assert_array_equal(read.pixels[..., 3], rgba_u8[..., 3])
        np.testing.assert_array_equal(read.pixels[8:], rgba_u8[8:])  # under alpha 0, too
        np.testing.assert_array_equal(read.pixels[:8, :8, :3], [[[255, 0, 0]] * 8] * 8)
        assert lines == ()


def test_what_jpeg_cannot_hold_is_told_of(tmp_path, picture_u8):
    rgba_u8 = np.dstack([picture_u8, np.full((48, 64), 128, np.uint8)])
    Image.fromarray(rgba_u8).save(tmp_path / "a.png")
    read, lines = convert(tmp_path / "a.png", tmp_path / "b.jpg")
    assert lines == ("Transparent parts became black: JPEG holds none, PNG and WebP do: a.png",)
    assert np.abs(read.rgb_u8[16:].astype(int) - picture_u8[16:] / 2).mean() < 4
    rgba_u8[..., 3] = 255
    Image.fromarray(rgba_u8).save(tmp_path / "opaque.png")
    assert convert(tmp_path / "opaque.png", tmp_path / "c.jpg")[1] == ()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_kept_in_png(tmp_path, picture_u8, channels):
    noise = np.random.default_rng(0).integers(0, 257, (48, 64, 4), dtype=np.uint16)
    pixels = (np.dstack([picture_u8, picture_u8[..., 0]]).astype(np.uint16) * 256 + noise % 256)[
        ..., :channels
    ]
    (tmp_path / "a.png").write_bytes(images.encode_png(pixels))
    read, lines = convert(tmp_path / "a.png", tmp_path / "b.png")
    assert read.pixels.dtype == np.uint16
    np.testing.assert_array_equal(read.pixels[8:], pixels[8:])
    red = 65535 * np.array([0.299] if channels == 1 else [1, 0, 0])
    np.testing.assert_allclose(read.pixels[2, 2, :3], red, atol=1)
    assert lines == ()
    read, (line,) = convert(tmp_path / "a.png", tmp_path / "b.webp")
    assert line == "16 bits a channel became 8: WEBP holds no more, PNG does: a.png"
    expected = pixels[8:] if channels > 1 else pixels[8:].repeat(3, axis=-1)
    np.testing.assert_allclose(read.pixels[8:], expected / 257, atol=0.51)


def test_a_profile_is_kept_and_faces_are_painted_in_its_colours(
    tmp_path, picture_u8, swapped_profile
):
    for name in ("a.png", "a.jpg"):
        Image.fromarray(picture_u8).save(tmp_path / name, icc_profile=swapped_profile, quality=95)
        read, lines = convert(tmp_path / name, tmp_path / f"b-{name}")
        assert read.profile == swapped_profile
        np.testing.assert_allclose(read.rgb_u8[2, 2], (255, 0, 0), atol=12)
        np.testing.assert_allclose(read.pixels[2, 2], (0, 255, 0), atol=12)
        tolerance = 0 if name == "a.png" else 12
        before = stills.read(tmp_path / name).pixels
        assert np.abs(read.pixels[16:].astype(int) - before[16:]).max() <= tolerance
        assert lines == ()


def test_a_canvas_shows_the_colours_of_a_profile_as_srgb(tmp_path, picture_u8, swapped_profile):
    Image.fromarray(picture_u8).save(tmp_path / "a.png", icc_profile=swapped_profile)
    shown = canvas.StillCanvas(stills.read(tmp_path / "a.png"))
    expected = picture_u8[16:24, 8:16][..., [1, 0, 2]] / 255
    np.testing.assert_allclose(shown.read(canvas.Box(8, 16, 16, 24)), expected, atol=0.012)


def test_grey_stays_grey(tmp_path, picture_u8):
    Image.fromarray(picture_u8[..., 0]).save(tmp_path / "a.jpg", quality=95)
    for name in ("b.jpg", "b.png"):
        read, lines = convert(tmp_path / "a.jpg", tmp_path / name)
        assert read.pixels.shape == (48, 64, 1)
        assert np.abs(read.pixels[2, 2].astype(int) - 76).max() <= 3
        assert lines == ()


def test_what_the_camera_said_is_kept(tmp_path, picture_u8):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Maker"
    source = tmp_path / "a.jpg"
    Image.fromarray(picture_u8).save(source, exif=exif, dpi=(300, 300), xmp=b"<x/>")
    for name in ("b.jpg", "b.png", "b.webp"):
        read, (line,) = convert(source, tmp_path / name)
        assert read.pixels.shape[:2] == (64, 48)
        with Image.open(tmp_path / name) as image:
            assert dict(image.getexif())[ExifTags.Base.Make] == "Maker"
            assert ExifTags.Base.Orientation not in image.getexif()
        assert line == "Metadata other than EXIF (XMP, IPTC, text) is lost: a.jpg"
    assert round(read.dpi[0]) == 300 if read.dpi else name == "b.webp"


def test_sixteen_bits_keep_profile_and_mark(tmp_path, picture_u8, swapped_profile):
    pixels = picture_u8.astype(np.uint16) * 257
    (tmp_path / "plain.png").write_bytes(images.encode_png(pixels))
    with Image.open(tmp_path / "plain.png") as image:
        assert image.mode == "RGB"
    source = stills.read(tmp_path / "plain.png")
    like = stills.Still(
        pixels=pixels, rgb_u8=source.rgb_u8, profile=swapped_profile, dpi=(72.0, 72.0)
    )
    from jaxswap.provenance import marked_pictures

    marked_pictures.write(tmp_path / "a.png", pixels, mark=MARK, like=like)
    read, lines = convert(tmp_path / "a.png", tmp_path / "b.png")
    assert (read.profile, round(read.dpi[0])) == (swapped_profile, 72)
    np.testing.assert_array_equal(read.pixels[8:], pixels[8:])
    np.testing.assert_allclose(read.rgb_u8[2, 2], (255, 0, 0), atol=3)
    assert lines == ("Metadata other than EXIF (XMP, IPTC, text) is lost: a.png",)


def test_a_folder_of_heic_becomes_png_and_jpeg_by_another_name_stays_jpeg(tmp_path, picture_u8):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(picture_u8).save(folder / "a.avif")
    Image.fromarray(picture_u8).save(folder / "b.jfif", format="JPEG")
    output = image_outputs.FolderOutput(tmp_path / "out", source=folder, mark=MARK)
    with output:
        for frame in footage.FrameReader(folder):
            original = output.keep(frame)
            output.write(original, output.open_canvas(original))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.avif.png", "b.jfif"]
    with Image.open(tmp_path / "out" / "b.jfif") as image:
        assert image.format == "JPEG"
    (line,) = output.notices.lines
    assert line.endswith("cannot say that they are synthetic: a.avif")


def test_pages_of_a_file_become_numbered_pngs(tmp_path, smooth_images):
    first, second = (Image.fromarray(image_u8) for image_u8 in smooth_images(2))
    source = tmp_path / "pages.tif"
    first.save(source, save_all=True, append_images=[second])
    info = footage.probe(source)
    from jaxswap import config
    from jaxswap.conversion import outputs

    output = outputs.make(info, tmp_path / "out", mark=MARK, options=config.ConvertConfig())
    with output:
        for frame in footage.FrameReader(source):
            original = output.keep(frame)
            output.write(original, None if frame.index else output.open_canvas(original))
    read = [stills.read(tmp_path / "out" / f"00000{number}.png") for number in (1, 2)]
    np.testing.assert_array_equal(read[1].pixels, np.asarray(second))
    marked = [reading.read(tmp_path / "out" / f"00000{number}.png") for number in (1, 2)]
    assert marked == [MARK, None]
