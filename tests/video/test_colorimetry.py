"""RGB to the codes of a video and back, against the formulas of H.273 and against FFmpeg."""

import itertools

import av
import numpy as np
import pytest

from jaxswap import images
from jaxswap.video import colorimetry, orientation, planes

MATRICES = {"BT.709": 1, "BT.601": 6, "BT.2020": 9}
FORMATS = [f"yuv{sharing}p{depth}" for sharing in ("420", "422", "444") for depth in ("", "10le")]


def coding_of(matrix: str, full: bool, pix_fmt: str) -> colorimetry.Coding:
    number = MATRICES[matrix]
    tags = colorimetry.ColorTags(number, 2 if full else 1, number, number)
    return colorimetry.Coding(tags, pix_fmt, planes.DEFAULT_SITE)


def chart() -> np.ndarray:
    """A ramp of all 256 greys, and patches of saturated colours, 8 pixels wide."""
    image_u8 = np.zeros((48, 256, 3), np.uint8)
    image_u8[:16] = np.arange(256, dtype=np.uint8)[None, :, None]
    corners = list(itertools.product((0, 255), repeat=3)) + list(
        itertools.product((40, 210), repeat=3)
    )
    for index, colour in enumerate(corners):
        image_u8[16:, 16 * index : 16 * index + 16] = colour
    return image_u8


def inside(difference: np.ndarray) -> np.ndarray:
    """Without what is next to another patch, where colours are mixed."""
    patches = difference[20:].reshape(28, 16, 16, 3)[:, :, 4:-4]
    return np.concatenate([difference[4:12].reshape(-1, 3), patches.reshape(-1, 3)])


@pytest.mark.parametrize("pix_fmt", FORMATS)
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", MATRICES)
def test_greys_and_colours_come_back(matrix, full, pix_fmt):
    coding = coding_of(matrix, full, pix_fmt)
    image_u8 = chart()
    frame = colorimetry.frame_from_rgb(images.to_float(image_u8), coding=coding)
    read_u8 = colorimetry.rgb_u8_from_frame(frame, site=coding.site)
    difference = inside(read_u8.astype(int) - image_u8)
    grey = difference[: 8 * 256]
    assert np.abs(grey).max() <= 1
    assert abs(difference.mean()) < 0.1
    # In 8 bits limited range has fewer codes than there are levels: half a code of blue is 1.1.
    assert np.abs(difference).max() <= (2 if coding.bits == 8 else 1)
    patch = colorimetry.rgb_from_codes(planes.views(frame), coding=coding)
    np.testing.assert_allclose(inside(255 * patch), inside(read_u8.astype(float)), atol=1.1)


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", MATRICES)
def test_ffmpeg_reads_the_same_colours(matrix, full):
    coding = coding_of(matrix, full, "yuv444p")
    frame = colorimetry.frame_from_rgb(images.to_float(chart()), coding=coding)
    ours = colorimetry.rgb_u8_from_frame(frame, site=coding.site)
    theirs = frame.to_ndarray(format="rgb24", interpolation=colorimetry.EXACT)
    assert np.abs(inside(ours.astype(int) - theirs)).max() <= 1


@pytest.mark.parametrize("matrix", MATRICES)
def test_codes_are_those_of_the_standard(matrix):
    """H.273: luma 16..235, chroma 128 +- 112; both corners of each colour difference."""
    coding = coding_of(matrix, False, "yuv444p")
    yellow_blue = np.array([[(1, 1, 0), (0, 0, 1)]], np.float32)
    cyan_red = np.array([[(0, 1, 1), (1, 0, 0)]], np.float32)
    black_white = np.array([[(0, 0, 0), (1, 1, 1)]], np.float32)
    luma, cb, cr = colorimetry.codes_from_rgb(black_white, coding=coding)
    np.testing.assert_allclose(luma, [[16, 235]], atol=1e-3)
    np.testing.assert_allclose([cb, cr], 128, atol=1e-3)
    np.testing.assert_allclose(
        colorimetry.codes_from_rgb(yellow_blue, coding=coding)[1], [[16, 240]], atol=1e-3
    )
    np.testing.assert_allclose(
        colorimetry.codes_from_rgb(cyan_red, coding=coding)[2], [[16, 240]], atol=1e-3
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("nv12", "yuv420p"),
        ("p010le", "yuv420p10le"),
        ("yuvj420p", "yuv420p"),
        ("p210le", "yuv422p10le"),
    ],
)
def test_other_layouts_keep_their_codes(source, target):
    full = source.startswith("yuvj")
    coding = coding_of("BT.709", full, target)
    frame = colorimetry.frame_from_rgb(images.to_float(chart()), coding=coding)
    range_ = 2 if full else 1
    packed = frame.reformat(format=source, src_color_range=range_, dst_color_range=range_)
    back = colorimetry.to_coding(packed, coding=coding)
    assert back.format.name == target
    for was, now in zip(planes.views(frame), planes.views(back), strict=True):
        np.testing.assert_array_equal(now, was)


def test_rgb_of_many_bits_becomes_codes():
    coding = coding_of("BT.709", False, "yuv444p10le")
    ramp = np.broadcast_to(np.linspace(0, 1, 256)[None, :, None], (16, 256, 3))
    frame = av.VideoFrame.from_ndarray((65535 * ramp).astype(np.uint16), format="rgb48le")
    luma, cb, _ = planes.views(colorimetry.to_coding(frame, coding=coding))
    np.testing.assert_allclose(luma[0], 64 + 876 * ramp[0, :, 0], atol=0.51)
    assert (cb == 512).all()


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p10le"])
@pytest.mark.parametrize(
    "turn",
    [orientation.Orientation(*one) for one in itertools.product((False, True), range(4))][1:],
)
def test_turning_keeps_luma_to_the_bit_and_chroma_in_its_place(pix_fmt, turn):
    coding = coding_of("BT.709", False, pix_fmt)
    y, x = np.mgrid[:48, :64] / 64
    image = np.stack([x, y, 1 - x], axis=-1).astype(np.float32)
    frame = colorimetry.frame_from_rgb(image, coding=coding)
    turned = colorimetry.turned(frame, by=turn, coding=coding)
    expected = turn.applied(planes.views(frame)[0])
    np.testing.assert_array_equal(planes.views(turned)[0], expected)
    seen = colorimetry.rgb_u8_from_frame(turned, site=coding.site).astype(float)
    error = seen - 255 * turn.applied(image)
    # A chroma sample one pixel off would be 4 levels here.
    assert np.abs(error[3:-3, 3:-3]).max() < 4
    assert np.abs(error[3:-3, 3:-3].mean(axis=(0, 1))).max() < 0.7
