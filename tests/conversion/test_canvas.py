import av
import numpy as np
import pytest

from jaxswap import images, stills
from jaxswap.conversion import canvas
from jaxswap.video import colorimetry, planes

TAGS = colorimetry.ColorTags(1, 1, 1, 1)
FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p12le"]


def coding(pix_fmt: str) -> colorimetry.Coding:
    return colorimetry.Coding(TAGS, pix_fmt, planes.DEFAULT_SITE)


def planes_of(frame: av.VideoFrame) -> list[np.ndarray]:
    return [plane.copy() for plane in planes.views(frame)]


@pytest.fixture
def frame(smooth_images):
    """Makes a frame of a pixel format, with grain on its luma."""

    def make(pix_fmt: str, *, width: int = 64, height: int = 48) -> av.VideoFrame:
        image_u8 = smooth_images(1, width=width, height=height)[0]
        made = colorimetry.frame_from_rgb(images.to_float(image_u8), coding=coding(pix_fmt))
        luma = planes.views(made)[0]
        luma += np.random.default_rng(0).integers(0, 9, luma.shape).astype(luma.dtype)
        return made

    return make


@pytest.mark.parametrize("pix_fmt", FORMATS)
def test_what_is_not_painted_stays_to_the_bit(frame, pix_fmt):
    original = frame(pix_fmt)
    before = planes_of(original)
    painted = canvas.YuvCanvas(original, coding=coding(pix_fmt))
    box = canvas.Box(11, 9, 40, 31).clipped(64, 48)
    assert box == canvas.Box(10, 8, 40, 32)
    patch = painted.read(box)
    alpha = np.zeros(patch.shape[:2], np.float32)
    painted.mix(box, 1 - patch, alpha)
    for was, now in zip(before, planes_of(painted.picture), strict=True):
        np.testing.assert_array_equal(now, was)

    red = np.full_like(patch, (0.98, 0.08, 0.08))
    alpha[4:8, 6:10] = 1
    painted.mix(box, red, alpha)
    for was, now in zip(before, planes_of(painted.picture), strict=True):
        dy, dx = 48 // was.shape[0], 64 // was.shape[1]
        inside = np.zeros(was.shape, bool)
        inside[12 // dy : 16 // dy, 16 // dx : 20 // dx] = True
        assert (was != now)[inside].mean() > 0.5
        np.testing.assert_array_equal(now[~inside], was[~inside])
    seen = painted.read(canvas.Box(18, 14, 20, 16))
    assert np.abs(seen - (0.98, 0.08, 0.08)).max() < 0.12  # chroma is shared and smoothed


@pytest.mark.parametrize("pix_fmt", FORMATS)
def test_mixing_in_yuv_is_mixing_in_rgb(frame, pix_fmt, smooth_images):
    painted = canvas.YuvCanvas(frame(pix_fmt), coding=coding(pix_fmt))
    box = canvas.Box(10, 8, 40, 32)
    before = painted.read(box)
    face = images.to_float(smooth_images(1, width=30, height=24)[0][::-1])
    alpha = np.tile(np.linspace(0, 1, 30, dtype=np.float32), (24, 1))
    painted.mix(box, face, alpha)
    expected = alpha[..., None] * face + (1 - alpha[..., None]) * before
    difference = 2 ** coding(pix_fmt).bits * np.abs(painted.read(box) - expected)
    inner = difference[2:-2, 2:-2]
    # A code's rounding is up to 1.1 levels of blue. Where chroma is shared, so is its alpha, half a
    # pixel off: of these colours and this slope of alpha that is a level.
    level = 2 ** (coding(pix_fmt).bits - 8) if coding(pix_fmt).step != (1, 1) else 1
    assert inner.mean() < level
    assert inner.max() <= 5 * level


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv444p10le"])
def test_ten_bits_hold_a_slope_without_bands(pix_fmt):
    """Two grey levels of 8 bits over 64 pixels: their seven codes of 10 bits must all be there."""
    blank = av.VideoFrame(64, 48, pix_fmt)
    painted = canvas.YuvCanvas(blank, coding=coding(pix_fmt))
    slope = np.linspace(100, 102, 64, dtype=np.float32) / 255
    image = np.ascontiguousarray(np.broadcast_to(slope[None, :, None], (48, 64, 3)))
    box = canvas.Box(0, 0, 64, 48)
    painted.mix(box, image, np.ones((48, 64), np.float32))
    assert len(np.unique(planes_of(painted.picture)[0])) >= 7
    assert np.abs(painted.read(box) - image).max() < 0.6 / 876


@pytest.mark.parametrize("pix_fmt", FORMATS)
def test_reading_agrees_with_the_whole_frame(frame, pix_fmt):
    original = frame(pix_fmt)
    whole_u8 = colorimetry.rgb_u8_from_frame(original, site=planes.DEFAULT_SITE)
    box = canvas.Box(10, 8, 40, 32)
    patch = canvas.YuvCanvas(original, coding=coding(pix_fmt)).read(box)
    inner = np.abs(255 * patch - whole_u8[8:32, 10:40])[1:-1, 1:-1]
    assert inner.max() < (2.0 if coding(pix_fmt).step != (1, 1) else 0.7)  # rounded chroma


def test_odd_frames_are_painted_to_the_edge(frame):
    painted = canvas.YuvCanvas(frame("yuv444p", width=65, height=47), coding=coding("yuv444p"))
    box = canvas.Box(50, 40, 99, 99).clipped(65, 47)
    assert (box.x1, box.y1) == (65, 47)
    gray = np.full((7, 15, 3), 0.5, np.float32)
    painted.mix(box, gray, np.ones((7, 15), np.float32))
    np.testing.assert_allclose(painted.read(box), gray, atol=0.6 / 219)


def test_a_decoded_frame_that_others_hold_is_copied(demo_clips):
    with av.open(str(demo_clips["a_test"])) as container:
        frames = container.decode(video=0)
        first = next(frames)
        expected = first.to_ndarray(format="rgb24")
    with av.open(str(demo_clips["a_test"])) as container:
        frames = container.decode(video=0)
        first = next(frames)
        painted = canvas.YuvCanvas(first, coding=coding("yuv420p"))
        box = canvas.Box(0, 0, 384, 288)
        painted.mix(box, np.zeros((288, 384, 3), np.float32), np.ones((288, 384), np.float32))
        following = next(frames).to_ndarray(format="rgb24")
    # Had the decoder's reference been painted black, the next frame would be dark too.
    assert np.abs(following.astype(int) - expected).mean() < 10


def test_a_still_canvas_keeps_its_input(smooth_images):
    image_u8 = smooth_images(1)[0]
    before = image_u8.copy()
    painted = canvas.StillCanvas(stills.plain(image_u8))
    box = canvas.Box(2, 2, 10, 10)
    painted.mix(box, np.zeros((8, 8, 3), np.float32), np.ones((8, 8), np.float32))
    np.testing.assert_array_equal(image_u8, before)
    assert not painted.read(box).any()
    assert canvas.Box(70, 0, 80, 10).clipped(64, 48).empty
