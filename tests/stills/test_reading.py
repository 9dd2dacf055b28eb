"""Pixels come as the file holds them, and as sRGB; what does not is told of."""

import contextlib
from fractions import Fraction

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from jaxswap import errors, images, stills


def deep(picture_u8: np.ndarray) -> np.ndarray:
    """The picture in 16 bits, with values that 8 bits do not hold."""
    return picture_u8.astype(np.uint16) * 257 - 100 * (picture_u8 > 0).astype(np.uint16)


def tiff_of(pixels: np.ndarray) -> bytes:
    """A TIFF of 16 bits by FFmpeg: Pillow writes none in colour."""
    import av

    layout = {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}[pixels.shape[-1]]
    codec = av.CodecContext.create("tiff", "w")
    codec.width, codec.height, codec.pix_fmt = pixels.shape[1], pixels.shape[0], layout
    codec.time_base = Fraction(1, 25)
    held = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(held), layout)
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_kept(tmp_path, picture_u8, channels, suffix):
    pixels = np.dstack([deep(picture_u8), deep(picture_u8)[..., :1]])[..., :channels]
    path = tmp_path / f"deep{suffix}"
    path.write_bytes(images.encode_png(pixels) if suffix == ".png" else tiff_of(pixels))
    read = stills.read(path)
    np.testing.assert_array_equal(read.pixels, pixels)
    assert read.pixels.dtype == np.uint16
    expected = np.repeat(pixels, 3, axis=-1) if channels == 1 else pixels[..., :3]
    np.testing.assert_allclose(read.rgb_u8, expected / 257, atol=0.51)
    assert read.remarks == ()


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_deep_picture_that_is_cut_off_is_broken(tmp_path, picture_u8, kept):
    noisy = deep(picture_u8) ^ np.random.default_rng(0).integers(0, 999, dtype=np.uint16)
    whole = images.encode_png(noisy)
    (tmp_path / "cut.png").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(errors.FootageError, match=r"cut\.png cannot be read"):
        stills.read(tmp_path / "cut.png")


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 1), ("L", 1), ("LA", 2), ("P", 3), ("RGB", 3), ("RGBA", 4)],
)
def test_modes_are_kept_to_the_bit(tmp_path, picture_u8, mode, channels):
    image = Image.fromarray(picture_u8).convert("L" if mode in ("L", "LA", "1") else "RGB")
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.fromarray(picture_u8[..., 0]))
    image = image.convert(mode)
    image.save(tmp_path / "a.png")
    read = stills.read(tmp_path / "a.png")
    assert read.pixels.shape == (48, 64, channels)
    expected = image.convert({"1": "L", "P": "RGB"}.get(mode, mode))
    np.testing.assert_array_equal(np.squeeze(read.pixels), np.asarray(expected))
    np.testing.assert_array_equal(read.rgb_u8, np.asarray(image.convert("RGB")))
    assert read.remarks == ()


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_one_transparent_colour_is_alpha(tmp_path, picture_u8, mode):
    image = Image.fromarray(picture_u8).convert(mode)
    transparent = {"L": 0, "P": image.getpixel((9, 9)), "RGB": (0, 0, 0)}[mode]
    image.save(tmp_path / "a.png", transparency=transparent)
    read = stills.read(tmp_path / "a.png")
    assert read.pixels.shape[-1] == (2 if mode == "L" else 4)
    assert 0 < (read.pixels[..., -1] == 0).sum() < 48 * 64


def test_a_profile_is_kept_and_the_network_is_given_srgb(tmp_path, picture_u8, swapped_profile):
    Image.fromarray(picture_u8).save(tmp_path / "a.png", icc_profile=swapped_profile)
    read = stills.read(tmp_path / "a.png")
    assert read.profile == swapped_profile
    np.testing.assert_array_equal(read.pixels, picture_u8)
    assert np.abs(read.rgb_u8.astype(int) - picture_u8[..., [1, 0, 2]]).max() <= 3


def test_a_profile_that_is_srgb_changes_nothing(tmp_path, picture_u8):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(picture_u8).save(tmp_path / "a.png", icc_profile=profile)
    read = stills.read(tmp_path / "a.png")
    assert read.profile == profile
    assert read.space is None
    np.testing.assert_array_equal(read.rgb_u8, picture_u8)


def test_a_broken_profile_is_told_of(tmp_path, picture_u8):
    Image.fromarray(picture_u8).save(tmp_path / "a.png", icc_profile=b"no profile" * 20)
    read = stills.read(tmp_path / "a.png")
    assert read.profile is None
    np.testing.assert_array_equal(read.rgb_u8, picture_u8)
    assert "profile that cannot be used" in read.remarks[0]


def test_ink_becomes_rgb_and_is_told_of(tmp_path, picture_u8):
    image = Image.fromarray(picture_u8).convert("CMYK")
    image.save(tmp_path / "a.tif")
    read = stills.read(tmp_path / "a.tif")
    np.testing.assert_array_equal(read.pixels, np.asarray(image.convert("RGB")))
    assert read.remarks == ("colours of the kind CMYK became RGB",)


def test_colours_that_are_named_by_number_are_told_of(tmp_path, picture_u8, pillow_heif):
    held = pillow_heif.from_pillow(Image.fromarray(picture_u8))
    held.save(tmp_path / "p3.heic", color_primaries=12)
    (remark,) = stills.read(tmp_path / "p3.heic").remarks
    assert "Display P3" in remark


def test_depth_that_cannot_be_read_is_told_of(tmp_path, picture_u8):
    import av

    path = tmp_path / "deep.avif"
    codec = av.CodecContext.create("libsvtav1", "w")
    assert codec is not None
    with av.open(str(path), "w", format="avif") as container:
        stream = container.add_stream("libsvtav1", rate=1, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        frame = av.VideoFrame.from_ndarray(picture_u8, "rgb24").reformat(format="yuv420p10le")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert stills.read(path).remarks == ("10 bits a channel became 8",)


def test_ten_bits_of_heic_are_kept(tmp_path, picture_u8, pillow_heif):
    pixels = deep(picture_u8)
    held = pillow_heif.from_bytes("RGB;16", size=(64, 48), data=pixels.tobytes())
    held.save(tmp_path / "deep.heic", quality=100, chroma=444)
    read = stills.read(tmp_path / "deep.heic")
    assert read.pixels.dtype == np.uint16
    assert np.abs(read.pixels.astype(int) - pixels).mean() < 257


@pytest.mark.parametrize("kind", ["F", "I"])
def test_pixels_without_a_white_are_refused(tmp_path, picture_u8, kind):
    Image.fromarray(picture_u8).convert(kind).save(tmp_path / "a.tif")
    with pytest.raises(errors.FootageError, match="no white to scale by: export it"):
        stills.read(tmp_path / "a.tif")


def test_a_cameras_raw_picture_is_refused(tmp_path, picture_u8):
    Image.fromarray(picture_u8).save(tmp_path / "a.dng", format="TIFF", tiffinfo={254: 1})
    with pytest.raises(errors.FootageError, match="a camera's raw picture"):
        stills.read(tmp_path / "a.dng")


ORIENTED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
"""How a picture is stored that an EXIF orientation makes upright."""


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["png", "tif", "webp", "deep.png", "deep.tif", "heic", "avif"])
def test_pictures_come_upright(tmp_path, picture_u8, orientation, form, request):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = np.ascontiguousarray(ORIENTED[orientation](picture_u8))
    path = tmp_path / f"a.{form}"
    if form == "heic":
        held = request.getfixturevalue("pillow_heif").from_pillow(Image.fromarray(stored))
        held.save(path, quality=90, exif=exif.tobytes())
    elif form == "deep.tif":
        path.write_bytes(with_orientation(tiff_of(stored.astype(np.uint16) * 257), orientation))
    elif form == "deep.png":
        image = Image.fromarray(stored[..., 0].astype(np.uint16) * 257)
        image.save(path, exif=exif)
        picture_u8 = picture_u8[..., :1].repeat(3, axis=-1)
    else:
        options = {"lossless": True} if form == "webp" else {}
        Image.fromarray(stored).save(path, exif=exif, **options)
    read = stills.read(path)
    tolerance = 30 if form in ("heic", "avif") else 0
    assert np.abs(read.rgb_u8.astype(int) - picture_u8).max() <= tolerance
    assert read.exif is None or ExifTags.Base.Orientation not in read_exif(read.exif)


def with_orientation(tiff: bytes, orientation: int) -> bytes:
    """A TIFF with one more tag: its directory is copied to the end."""
    import struct

    (at,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, at)
    entries = [tiff[at + 2 + 12 * i : at + 14 + 12 * i] for i in range(count)]
    entries.append(struct.pack("<HHIHH", 274, 3, 1, orientation, 0))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return tiff[:4] + struct.pack("<I", len(tiff)) + tiff[8:] + directory


def read_exif(packed: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(packed)
    return exif


def test_what_the_camera_said_is_kept_without_its_thumbnail(tmp_path, picture_u8):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Maker"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = b"private"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (1.0, 2.0, 3.0)
    Image.fromarray(picture_u8).save(
        tmp_path / "a.jpg", exif=exif, dpi=(300, 300), xmp=b"<x/>", comment=b"hello"
    )
    read = stills.read(tmp_path / "a.jpg")
    found = read_exif(read.exif)
    assert dict(found)[ExifTags.Base.Make] == "Maker"
    told = found.get_ifd(ExifTags.IFD.Exif)
    assert told[ExifTags.Base.DateTimeOriginal] == "2024:05:06 07:08:09"
    assert ExifTags.Base.MakerNote not in told
    assert found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] == (1.0, 2.0, 3.0)
    assert ExifTags.Base.Orientation not in found
    assert read.dpi == (300, 300)
    assert read.other_data == ("XMP", "comments")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "JPEG2000"])
def test_a_damaged_picture_is_read_or_refused(tmp_path, animate, form):
    """Whatever a decoder raises: seeded bytes are changed, cut off and cut out."""
    first, *others = animate(3)
    path = tmp_path / "a.bin"
    several = {"save_all": True, "append_images": others}
    first.save(path, format=form, **({} if form in ("BMP", "JPEG", "JPEG2000") else several))
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(30):
        damaged = bytearray(whole)
        low, high = sorted(rng.integers(0, len(whole), 2))
        way = rng.integers(3)
        if way == 0:
            for at in rng.integers(0, len(whole), 5):
                damaged[at] = rng.integers(256)
        path.write_bytes(bytes([damaged, damaged[:low], damaged[:low] + damaged[high:]][way]))
        with contextlib.suppress(errors.FootageError):
            stills.read(path)
