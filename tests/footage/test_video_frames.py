"""Frames of a video come upright, in order, with their times and colours."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import footage, spans
from jaxswap.video import colorimetry, planes

SIZE = (64, 48)  # width, height, of the clips


def turn(path: Path, matrix: tuple[float, float, float, float]) -> None:
    """Write a display matrix into the track header, as phones do."""
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4 + 40  # version 0: the nine numbers lie 40 bytes on
    a, b, c, d = (round(value * 65536) for value in matrix)
    struct.pack_into(">9i", content, start, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(content))


def rgb_of(frame: av.VideoFrame) -> np.ndarray:
    return colorimetry.rgb_u8_from_frame(frame, site=planes.DEFAULT_SITE).astype(int)


def span(start: str, end: str | None = None) -> spans.Span:
    return spans.Span(Fraction(start), None if end is None else Fraction(end))


def test_a_video_comes_frame_by_frame_with_its_times(clip):
    reader = footage.FrameReader(clip)
    frames = list(reader)
    assert reader.info.kind == "video"
    assert (reader.info.width, reader.info.height) == SIZE
    assert reader.info.num_frames == reader.num_frames == len(frames) == 30
    assert reader.info.duration_s == pytest.approx(1.2)
    assert [frame.index for frame in frames] == list(range(30))
    np.testing.assert_allclose([frame.time_s for frame in frames], 0.04 * np.arange(30), atol=1e-6)
    assert reader.notices.lines == ()
    brightness = [frame.image_u8[8:16, 8:24, 0].mean() for frame in frames]
    np.testing.assert_allclose(brightness, 40 + 3.0 * np.arange(30), atol=6)


def test_variable_times_are_kept(tmp_path, write_clip):
    pts = [0, 40, 55, 200, 201, 900]
    path = write_clip(tmp_path / "variable.mp4", pts=pts)
    frames = list(footage.FrameReader(path))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.array(pts) / 1000, atol=1e-4)
    assert all(frame.time_s == float(frame.pts * frame.time_base) for frame in frames)


def test_colours_come_back(clip):
    image_u8 = next(iter(footage.FrameReader(clip))).image_u8
    np.testing.assert_allclose(image_u8[8:16, 8:24].mean(axis=(0, 1)), (40, 90, 160), atol=5)
    np.testing.assert_allclose(image_u8[30:, 40:].mean(axis=(0, 1)), 20, atol=3)


@pytest.mark.parametrize(("colorspace", "name"), [(1, "BT.709"), (5, "BT.601")])
def test_the_colour_matrix_of_the_frame_counts(colorspace, name):
    """Pure red by either matrix, in limited range, must be red again."""
    red_luma = {1: 0.2126, 5: 0.299}[colorspace]
    blue_luma = {1: 0.0722, 5: 0.114}[colorspace]
    y = 16 + 219 * red_luma
    cb = 128 - 224 * red_luma / (2 * (1 - blue_luma))
    codes = np.zeros((72, 64), np.uint8)
    codes[:48] = round(y)
    codes[48:60] = round(cb)
    codes[60:] = 240
    frame = av.VideoFrame.from_ndarray(codes, "yuv420p")
    frame.colorspace, frame.color_range = colorspace, 1
    found = rgb_of(frame)[24, 32]
    np.testing.assert_allclose(found, (255, 0, 0), atol=1, err_msg=name)


def test_full_range_is_not_stretched():
    codes = np.full((72, 64), 128, np.uint8)
    codes[:48] = 30
    frame = av.VideoFrame.from_ndarray(codes, "yuv420p")
    frame.color_range = 2
    np.testing.assert_allclose(rgb_of(frame)[24, 32], 30, atol=0)


SEEN = {
    (1, 0, 0, 1): lambda a: a,
    (0, 1, -1, 0): lambda a: np.rot90(a, -1),
    (-1, 0, 0, -1): lambda a: np.rot90(a, 2),
    (0, -1, 1, 0): lambda a: np.rot90(a, 1),
    (-1, 0, 0, 1): lambda a: a[:, ::-1],
    (1, 0, 0, -1): lambda a: a[::-1],
    (0, 1, 1, 0): lambda a: a.swapaxes(0, 1),
    (0, -1, -1, 0): lambda a: a[::-1, ::-1].swapaxes(0, 1),
}
"""A display matrix a, b, c, d, and how it shows what is stored: x' = ax + cy, y' = bx + dy."""


@pytest.mark.parametrize("matrix", SEEN)
def test_videos_come_turned_and_mirrored_as_players_show_them(clip, matrix):
    as_stored = next(iter(footage.FrameReader(clip))).image_u8
    turn(clip, matrix)
    reader = footage.FrameReader(clip)
    image_u8 = next(iter(reader)).image_u8
    np.testing.assert_array_equal(image_u8, SEEN[matrix](as_stored))
    assert (reader.info.height, reader.info.width) == image_u8.shape[:2]
    assert image_u8.flags.c_contiguous
    assert reader.notices.lines == ()


@pytest.mark.parametrize(
    ("matrix", "nearest"),
    [
        ((0.99, 0.13, -0.13, 0.99), (1, 0, 0, 1)),
        ((0, 2, -2, 0), (0, 1, -1, 0)),
        ((-0.7, 0.1, 0.1, 0.8), (-1, 0, 0, 1)),
        ((0, 0, 0, 0), (1, 0, 0, 1)),
    ],
    ids=["leans", "scales", "mirrored and leans", "nothing"],
)
def test_what_is_no_quarter_turn_is_told_of(clip, matrix, nearest):
    as_stored = next(iter(footage.FrameReader(clip))).image_u8
    turn(clip, matrix)
    reader = footage.FrameReader(clip)
    frames = list(reader)
    np.testing.assert_array_equal(frames[0].image_u8, SEEN[nearest](as_stored))
    (line,) = reader.notices.lines
    assert line.startswith("clip.mp4 leans or scales its pictures")


def test_frames_without_times_are_counted_on(tmp_path, write_clip):
    path = write_clip(tmp_path / "raw.h264", pts=list(range(12)), time_base=Fraction(1, 25))
    times = [frame.time_s for frame in footage.FrameReader(path)]
    assert len(times) == 12
    np.testing.assert_allclose(np.diff(times), 0.04, atol=1e-6)


def test_ten_bits_become_eight(tmp_path, write_clip):
    path = write_clip(
        tmp_path / "deep.mkv", pts=[40 * i for i in range(5)], codec="ffv1", pix_fmt="yuv420p10le"
    )
    reader = footage.FrameReader(path)
    frames = list(reader)
    assert len(frames) == 5
    assert frames[0].image_u8.dtype == np.uint8
    np.testing.assert_allclose(frames[0].image_u8[10, 10], (40, 90, 160), atol=4)
    assert reader.notices.lines == ()


@pytest.mark.parametrize(
    ("part", "indices"),
    [
        (span("0.4", "0.6"), range(10, 15)),
        (span("0.41"), range(11, 30)),
        (span("0", "0.2"), range(5)),
        (span("1.16"), [29]),
    ],
)
@pytest.mark.parametrize("start", [0, 400])
def test_a_part_is_sought(tmp_path, part, indices, start, write_clip):
    """Times count from the first frame, also where that is not at 0."""
    path = write_clip(tmp_path / "clip.mp4", pts=[start + 40 * i for i in range(30)])
    reader = footage.FrameReader(path, span=part)
    frames = list(reader)
    whole = list(footage.FrameReader(path))
    assert [frame.time_s for frame in frames] == [whole[i].time_s for i in indices]
    assert [frame.index for frame in frames] == list(range(len(indices)))
    assert reader.num_frames == len(indices)
    assert reader.notices.lines == ()
    for frame, index in zip(frames, indices, strict=True):
        np.testing.assert_array_equal(frame.image_u8, whole[index].image_u8)


def test_only_the_group_of_the_start_is_decoded(tmp_path, decoded, write_clip):
    path = write_clip(tmp_path / "clip.mp4", pts=[40 * i for i in range(30)])  # a key every 5
    assert len(list(footage.FrameReader(path, span=span("0.84", "0.92")))) == 2
    assert len(decoded) <= 5


def test_a_raw_stream_without_times_is_read_from_its_beginning(tmp_path, write_clip):
    path = write_clip(tmp_path / "raw.h264", pts=list(range(12)), time_base=Fraction(1, 25))
    whole = list(footage.FrameReader(path))
    part = list(footage.FrameReader(path, span=span("0.2")))
    assert 4 <= len(part) <= 7
    np.testing.assert_array_equal(part[-1].image_u8, whole[-1].image_u8)
