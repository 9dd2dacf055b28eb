import av
import numpy as np
import pytest

from jaxswap.conversion import blend, canvas, colorimetry

TAGS = colorimetry.ColorTags(1, 1, 1, 1)


def planes_of(frame: av.VideoFrame) -> list[np.ndarray]:
    return [
        np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width].copy()
        for plane in frame.planes
    ]


@pytest.fixture
def frame(smooth_images):
    """Makes a frame of a pixel format, with grain on its luma."""

    def make(pix_fmt: str, *, width: int = 64, height: int = 48) -> av.VideoFrame:
        made = colorimetry.from_rgb_u8(
            smooth_images(1, width=width, height=height)[0],
            tags=TAGS,
            pix_fmt=pix_fmt,
            like=av.VideoFrame(width, height, pix_fmt),
        )
        luma = np.frombuffer(made.planes[0], np.uint8)
        luma += np.random.default_rng(0).integers(0, 9, luma.shape, dtype=np.uint8)
        return made

    return make


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p"])
def test_what_is_not_painted_stays_to_the_bit(frame, pix_fmt):
    original = frame(pix_fmt)
    before = planes_of(original)
    painted = canvas.YuvCanvas(original, tags=TAGS)
    box = canvas.Box(11, 9, 40, 31).clipped(64, 48)
    assert box == canvas.Box(10, 8, 40, 32)
    patch = painted.read(box)
    alpha = np.zeros(patch.shape[:2], np.float32)
    painted.mix(box, 255 - patch, alpha)
    for was, now in zip(before, planes_of(painted.frame), strict=True):
        np.testing.assert_array_equal(now, was)

    red = np.full_like(patch, (250, 20, 20))
    alpha[4:8, 6:10] = 1
    painted.mix(box, red, alpha)
    for was, now in zip(before, planes_of(painted.frame), strict=True):
        dy, dx = 48 // was.shape[0], 64 // was.shape[1]
        inside = np.zeros(was.shape, bool)
        inside[12 // dy : 16 // dy, 16 // dx : 20 // dx] = True
        assert (was != now)[inside].mean() > 0.5
        np.testing.assert_array_equal(now[~inside], was[~inside])
    seen = painted.read(canvas.Box(18, 14, 20, 16)).astype(int)
    assert np.abs(seen - (250, 20, 20)).max() < 30  # chroma is shared and smoothed


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p"])
def test_mixing_in_yuv_is_mixing_in_rgb(frame, pix_fmt, smooth_images):
    painted = canvas.YuvCanvas(frame(pix_fmt), tags=TAGS)
    box = canvas.Box(10, 8, 40, 32)
    before = painted.read(box)
    face_u8 = np.ascontiguousarray(smooth_images(1, width=30, height=24)[0][::-1])
    alpha = np.tile(np.linspace(0, 1, 30, dtype=np.float32), (24, 1))
    painted.mix(box, face_u8, alpha)
    expected = blend.mix(before, face_u8, alpha).astype(int)
    difference = np.abs(painted.read(box) - expected)
    assert difference.mean() < 1
    # Each of the two roundings in YUV is up to two levels of blue.
    assert difference[1:-1, 1:-1].max() <= 5


def test_reading_agrees_with_the_whole_frame(frame):
    original = frame("yuv444p")
    whole = colorimetry.to_rgb_u8(original, tags=TAGS)
    box = canvas.Box(10, 8, 40, 32)
    patch = canvas.YuvCanvas(original, tags=TAGS).read(box)
    np.testing.assert_array_equal(patch, whole[8:32, 10:40])


def test_odd_frames_are_painted_to_the_edge(frame):
    painted = canvas.YuvCanvas(frame("yuv444p", width=65, height=47), tags=TAGS)
    box = canvas.Box(50, 40, 99, 99).clipped(65, 47)
    assert (box.x1, box.y1) == (65, 47)
    gray = np.full((7, 15, 3), 128, np.uint8)
    painted.mix(box, gray, np.ones((7, 15), np.float32))
    np.testing.assert_array_equal(painted.read(box), gray)


def test_a_decoded_frame_that_others_hold_is_copied(demo_clips):
    with av.open(str(demo_clips["a_test"])) as container:
        frames = container.decode(video=0)
        first = next(frames)
        expected = first.to_ndarray(format="rgb24")
    with av.open(str(demo_clips["a_test"])) as container:
        frames = container.decode(video=0)
        first = next(frames)
        painted = canvas.YuvCanvas(first, tags=TAGS)
        box = canvas.Box(0, 0, 384, 288)
        painted.mix(box, np.zeros((288, 384, 3), np.uint8), np.ones((288, 384), np.float32))
        following = next(frames).to_ndarray(format="rgb24")
    # Had the decoder's reference been painted black, the next frame would be dark too.
    assert np.abs(following.astype(int) - expected).mean() < 10


def test_rgb_canvas_keeps_its_input(smooth_images):
    image_u8 = smooth_images(1)[0]
    before = image_u8.copy()
    painted = canvas.RgbCanvas(image_u8)
    box = canvas.Box(2, 2, 10, 10)
    painted.mix(box, np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), np.float32))
    np.testing.assert_array_equal(image_u8, before)
    assert not painted.read(box).any()
    assert canvas.Box(70, 0, 80, 10).clipped(64, 48).empty
