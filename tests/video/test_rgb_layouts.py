"""The largest value of a format is white, and each value lies in its place."""

import av
import numpy as np
import pytest

from jaxswap.video import colorimetry, planes, rgb_layouts

COARSE = {
    "rgb565": ((11, 5), (5, 6), (0, 5)),
    "rgb555": ((10, 5), (5, 5), (0, 5)),
    "bgr565": ((0, 5), (5, 6), (11, 5)),
    "bgr555": ((0, 5), (5, 5), (10, 5)),
    "rgb444": ((8, 4), (4, 4), (0, 4)),
    "bgr444": ((0, 4), (4, 4), (8, 4)),
}


def filled(layout: str, codes: np.ndarray) -> av.VideoFrame:
    """A frame of one plane with these numbers."""
    height, width = codes.shape
    frame = av.VideoFrame(width, height, layout)
    (plane,) = frame.planes
    lines = np.zeros((height, plane.line_size // codes.itemsize), codes.dtype)
    lines[:, :width] = codes
    plane.update(lines.tobytes())
    return frame


@pytest.mark.parametrize("end", ["le", "be"])
@pytest.mark.parametrize("name", COARSE)
@pytest.mark.parametrize("size", [(48, 64), (7, 5)])
def test_few_bits_reach_white(name, end, size):
    rng = np.random.default_rng(0)
    values = [rng.integers(0, 2**bits, size) for _, bits in COARSE[name]]
    codes = sum(value << low for value, (low, _) in zip(values, COARSE[name], strict=True))
    frame = filled(f"{name}{end}", codes.astype("<u2" if end == "le" else ">u2"))
    expected = np.stack(
        [v / (2**bits - 1) for v, (_, bits) in zip(values, COARSE[name], strict=True)], axis=-1
    )
    np.testing.assert_allclose(rgb_layouts.to_rgb(frame), expected, atol=1e-6)
    image_u8 = colorimetry.rgb_u8_from_frame(frame, site=planes.DEFAULT_SITE)
    np.testing.assert_array_equal(image_u8, np.rint(255 * expected))


@pytest.mark.parametrize(("name", "bits"), [("gray", 8), ("gray10le", 10), ("gray16le", 16)])
@pytest.mark.parametrize("limited", [False, True])
def test_grey_of_any_depth_and_range(name, bits, limited):
    top = 2**bits - 1
    codes = np.linspace(0, top, 64).round().astype("<u2" if bits > 8 else "u1")[None].repeat(4, 0)
    frame = filled(name, codes)
    frame.color_range = 1 if limited else 0
    unit = 2 ** (bits - 8)
    expected = (codes - 16.0 * unit) / (219 * unit) if limited else codes / top
    np.testing.assert_allclose(rgb_layouts.to_rgb(frame)[..., 1], expected, atol=1e-5)
    image_u8 = colorimetry.rgb_u8_from_frame(frame, site=planes.DEFAULT_SITE)
    np.testing.assert_allclose(image_u8[..., 2], 255 * np.clip(expected, 0, 1), atol=0.51)


@pytest.mark.parametrize("name", ["rgb24", "bgr24", "bgra", "gbrp", "rgb48le", "gbrp10le"])
def test_rgb_becomes_the_codes_of_white_and_black(name):
    image_u8 = np.zeros((4, 8, 3), np.uint8)
    image_u8[:, 4:] = 255
    frame = av.VideoFrame.from_ndarray(image_u8, "rgb24")
    if name == "gbrp10le":
        frame = av.VideoFrame(8, 4, name)
        for plane in planes.views(frame):
            plane[:, :4], plane[:, 4:] = 0, 1023
    elif name == "rgb48le":
        frame = av.VideoFrame.from_ndarray(image_u8.astype(np.uint16) * 257, name)
    else:
        frame = frame.reformat(format=name)
    tags = colorimetry.ColorTags(1, 1, 1, 1)
    for layout, unit in (("yuv444p", 1), ("yuv444p16le", 256)):
        coding = colorimetry.Coding(tags, layout, planes.DEFAULT_SITE)
        luma = planes.views(colorimetry.to_coding(frame, coding=coding))[0]
        assert (luma[0, 0], luma[0, 7]) == (16 * unit, 235 * unit)


def test_a_palette_is_exact():
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    codes = rng.integers(0, 256, (48, 64), dtype=np.uint8)
    rgba = np.dstack([palette[codes], np.full(codes.shape, 255, np.uint8)])
    bgra = np.column_stack([palette[:, ::-1], np.full(256, 255, np.uint8)])
    frame = filled_palette(codes, bgra)
    found = colorimetry.rgb_u8_from_frame(frame, site=planes.DEFAULT_SITE)
    np.testing.assert_array_equal(found, rgba[..., :3])
    np.testing.assert_allclose(rgb_layouts.to_rgb(frame), rgba[..., :3] / 255, atol=1e-6)


def filled_palette(codes: np.ndarray, bgra: np.ndarray) -> av.VideoFrame:
    argb = bgra[:, ::-1]
    return av.VideoFrame.from_ndarray((codes, np.ascontiguousarray(argb)), format="pal8")
