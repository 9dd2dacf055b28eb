"""Footage is read upright, in order, with its times, and what is broken is said."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import errors, footage, images, spans
from jaxswap.footage import video_frames
from jaxswap.video import colorimetry, planes

SIZE = (64, 48)  # width, height


def picture(index: int) -> np.ndarray:
    """Frame `index` of the test clips: a bright square in the upper left, brighter with time."""
    image_u8 = np.full((SIZE[1], SIZE[0], 3), 20, np.uint8)
    image_u8[4:20, 4:28] = (40 + 3 * index, 90, 160)
    return image_u8


def write_clip(
    path: Path,
    *,
    pts: list[int],
    time_base: Fraction = Fraction(1, 1000),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pix_fmt
        stream.time_base = stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = 5
        for index, when in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(picture(index), "rgb24")
            frame.pts, frame.time_base = when, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def clip(tmp_path) -> Path:
    return write_clip(tmp_path / "clip.mp4", pts=[40 * i for i in range(30)])


def rgb_of(frame: av.VideoFrame) -> np.ndarray:
    return colorimetry.rgb_u8_from_frame(frame, site=planes.DEFAULT_SITE).astype(int)


def turn(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write a display matrix into the track header, as phones do."""
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4 + 40  # version 0: the nine numbers lie 40 bytes on
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", content, start, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(content))


def test_a_video_comes_frame_by_frame_with_its_times(clip):
    reader = footage.FrameReader(clip)
    frames = list(reader)
    assert reader.info.kind == "video"
    assert (reader.info.width, reader.info.height) == SIZE
    assert reader.info.num_frames == reader.num_frames == len(frames) == 30
    assert reader.info.duration_s == pytest.approx(1.2)
    assert [frame.index for frame in frames] == list(range(30))
    np.testing.assert_allclose([frame.time_s for frame in frames], 0.04 * np.arange(30), atol=1e-6)
    assert reader.lost is None
    brightness = [frame.image_u8[8:16, 8:24, 0].mean() for frame in frames]
    np.testing.assert_allclose(brightness, 40 + 3.0 * np.arange(30), atol=6)


def test_variable_times_are_kept(tmp_path):
    pts = [0, 40, 55, 200, 201, 900]
    path = write_clip(tmp_path / "variable.mp4", pts=pts)
    frames = list(footage.FrameReader(path))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.array(pts) / 1000, atol=1e-4)
    assert all(frame.time_s == float(frame.pts * frame.time_base) for frame in frames)


def test_every_nth_frame_keeps_its_index_and_time(clip):
    reader = footage.FrameReader(clip, every=7)
    frames = list(reader)
    assert [frame.index for frame in frames] == [0, 7, 14, 21, 28]
    assert frames[2].time_s == pytest.approx(0.56)
    assert reader.num_frames == 5
    assert reader.lost is None


def test_frames_are_read_again_up_to_the_last_that_is_asked_for(clip, monkeypatch):
    reader = footage.FrameReader(clip)
    whole = {frame.index: frame for frame in reader}
    decoded = []
    whole_decode = video_frames.decode

    def counted(*arguments):
        for item in whole_decode(*arguments):
            decoded.append(item)
            yield item

    monkeypatch.setattr(video_frames, "decode", counted)
    assert list(reader.again([])) == []
    assert not decoded
    again = list(reader.again({9, 2}))
    assert [frame.index for frame in again] == [2, 9]
    for frame in again:
        np.testing.assert_array_equal(frame.image_u8, whole[frame.index].image_u8)
    assert len(decoded) < 20
    with pytest.raises(errors.FootageError, match=r"clip\.mp4 changed while it was read"):
        list(reader.again({29, 30}))


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


@pytest.mark.parametrize(
    ("matrix", "quarter_turns"),
    [((0, 1, -1, 0), -1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 1)],
    ids=["clockwise", "upside down", "counterclockwise"],
)
def test_phone_videos_come_upright(clip, matrix, quarter_turns):
    as_stored = next(iter(footage.FrameReader(clip))).image_u8
    turn(clip, matrix)
    reader = footage.FrameReader(clip)
    image_u8 = next(iter(reader)).image_u8
    np.testing.assert_array_equal(image_u8, np.rot90(as_stored, quarter_turns))
    assert (reader.info.height, reader.info.width) == image_u8.shape[:2]


def test_frames_without_times_are_counted_on(tmp_path):
    path = write_clip(tmp_path / "raw.h264", pts=list(range(12)), time_base=Fraction(1, 25))
    times = [frame.time_s for frame in footage.FrameReader(path)]
    assert len(times) == 12
    np.testing.assert_allclose(np.diff(times), 0.04, atol=1e-6)


def test_ten_bits_become_eight(tmp_path):
    path = write_clip(
        tmp_path / "deep.mkv", pts=[40 * i for i in range(5)], codec="ffv1", pix_fmt="yuv420p10le"
    )
    reader = footage.FrameReader(path)
    frames = list(reader)
    assert len(frames) == 5
    assert frames[0].image_u8.dtype == np.uint8
    np.testing.assert_allclose(frames[0].image_u8[10, 10], (40, 90, 160), atol=4)
    assert reader.lost is None


def test_a_truncated_video_gives_what_decodes_and_says_what_is_lost(demo_clips, tmp_path):
    whole = demo_clips["a_test"]
    content = whole.read_bytes()
    head = content.find(b"moov") < content.find(b"mdat")
    path = tmp_path / "cut.mp4"
    if not head:
        with (
            av.open(str(whole)) as source,
            av.open(str(path), "w", options={"movflags": "faststart"}) as target,
        ):
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    reader = footage.FrameReader(path)
    frames = list(reader)
    assert 10 < len(frames) < 140
    lost_s = 6.0 - frames[-1].time_s
    assert reader.lost.startswith("the last ")
    assert float(reader.lost.split()[2]) == pytest.approx(lost_s, abs=0.11)
    assert reader.lost.endswith("s of cut.mp4 do not decode")


def test_damage_in_the_middle_is_said(clip):
    content = bytearray(clip.read_bytes())
    start = content.index(b"mdat") + 4
    middle = start + (content.index(b"moov") - start) // 2
    content[middle : middle + 120] = bytes(range(120))
    clip.write_bytes(bytes(content))
    reader = footage.FrameReader(clip)
    frames = list(reader)
    assert 5 <= len(frames) <= 30
    assert reader.lost is not None
    assert "clip.mp4" in reader.lost


def test_a_folder_comes_in_natural_order(tmp_path):
    for number in (10, 2, 1):
        images.write_png(tmp_path / f"frame{number}.png", picture(number))
    (tmp_path / "notes.txt").write_text("not an image")
    images.write_png(tmp_path / ".hidden.png", picture(0))
    reader = footage.FrameReader(tmp_path)
    frames = list(reader)
    assert [frame.name for frame in frames] == ["frame1.png", "frame2.png", "frame10.png"]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == [0.0, 1.0, 2.0]
    assert (reader.info.kind, reader.info.num_frames) == ("images", 3)
    np.testing.assert_array_equal(frames[2].image_u8, picture(10))


def test_a_single_image_is_footage(tmp_path):
    images.write_png(tmp_path / "still.png", picture(0))
    (frame,) = footage.FrameReader(tmp_path / "still.png")
    assert (frame.name, frame.pts, frame.video_frame) == ("still.png", None, None)


def test_a_broken_image_is_skipped_and_said(tmp_path):
    for number in range(3):
        images.write_png(tmp_path / f"{number}.png", picture(number))
    (tmp_path / "0.png").write_bytes(b"broken")
    reader = footage.FrameReader(tmp_path)
    assert [frame.index for frame in reader] == [1, 2]
    assert reader.lost == "1 of 3 images cannot be read: 0.png"


def test_a_folder_of_broken_images_is_an_error(tmp_path):
    (tmp_path / "1.png").write_bytes(b"broken")
    (tmp_path / "2.png").write_bytes(b"broken")
    with pytest.raises(errors.FootageError, match=r"2\.png cannot be read"):
        footage.probe(tmp_path)


def _bad(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"{kind}.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path = tmp_path / "text.txt"
        path.write_text("no film\n" * 100)
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(5_000))
    elif kind == "folder":
        path = tmp_path / "folder"
        path.mkdir()
    elif kind == "sound":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=16_000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "There is no file .* Check the path"),
        ("empty", "is empty. Copy or export it again"),
        ("text", "has no video stream. Give a file with pictures"),
        ("noise", "cannot be read as a video .* Give a video file"),
        ("folder", "holds no image .* Give a video file or a folder of images"),
        ("sound", "has no video stream. Give a file with pictures"),
    ],
)
def test_what_is_no_footage_is_refused_with_a_remedy(tmp_path, kind, message):
    with pytest.raises(errors.FootageError, match=message) as caught:
        footage.probe(_bad(tmp_path, kind))
    assert "\n" not in str(caught.value)


def test_a_video_of_which_nothing_decodes_is_an_error(clip):
    content = bytearray(clip.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    clip.write_bytes(bytes(content))
    with pytest.raises(errors.FootageError, match=r"Not one frame .* decodes"):
        list(footage.FrameReader(clip))


def test_a_playlist_does_not_open_the_network(tmp_path):
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(errors.FootageError):
        list(footage.FrameReader(path))


def test_every_must_be_positive(clip):
    with pytest.raises(ValueError, match="`every` must be >= 1, not 0"):
        footage.FrameReader(clip, every=0)


def span(start: str, end: str | None = None) -> spans.Span:
    return spans.Span(Fraction(start), None if end is None else Fraction(end))


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
def test_a_part_is_sought(tmp_path, part, indices, start):
    """Times count from the first frame, also where that is not at 0."""
    path = write_clip(tmp_path / "clip.mp4", pts=[start + 40 * i for i in range(30)])
    reader = footage.FrameReader(path, span=part)
    frames = list(reader)
    whole = list(footage.FrameReader(path))
    assert [frame.time_s for frame in frames] == [whole[i].time_s for i in indices]
    assert [frame.index for frame in frames] == list(range(len(indices)))
    assert reader.num_frames == len(indices)
    assert reader.lost is None
    for frame, index in zip(frames, indices, strict=True):
        np.testing.assert_array_equal(frame.image_u8, whole[index].image_u8)


def test_only_the_group_of_the_start_is_decoded(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "clip.mp4", pts=[40 * i for i in range(30)])  # a key every 5
    decoded = []
    whole = video_frames.decode

    def counted(*arguments):
        for item in whole(*arguments):
            decoded.append(item)
            yield item

    monkeypatch.setattr(video_frames, "decode", counted)
    assert len(list(footage.FrameReader(path, span=span("0.84", "0.92")))) == 2
    assert len(decoded) <= 5


def test_a_raw_stream_without_times_is_read_from_its_beginning(tmp_path):
    path = write_clip(tmp_path / "raw.h264", pts=list(range(12)), time_base=Fraction(1, 25))
    whole = list(footage.FrameReader(path))
    part = list(footage.FrameReader(path, span=span("0.2")))
    assert 4 <= len(part) <= 7
    np.testing.assert_array_equal(part[-1].image_u8, whole[-1].image_u8)


def test_a_part_that_is_not_there_is_refused(clip, tmp_path):
    with pytest.raises(errors.FootageError, match=r"ends after 1.2 s, before --start 5"):
        footage.FrameReader(clip, span=span("5"))
    with pytest.raises(errors.FootageError, match="no frame between --start and --end"):
        list(footage.FrameReader(clip, span=span("0.81", "0.82")))
    images.write_png(tmp_path / "still.png", picture(0))
    with pytest.raises(errors.FootageError, match="no times to cut by"):
        footage.FrameReader(tmp_path / "still.png", span=span("1"))
    with pytest.raises(errors.FootageError, match="no folder of images"):
        footage.FrameReader(clip, frame_rate=Fraction(25))


def test_a_folder_with_a_frame_rate_is_a_film(tmp_path):
    for number in range(1, 13):
        images.write_png(tmp_path / f"frame{number}.png", picture(number))
    reader = footage.FrameReader(tmp_path, frame_rate=Fraction(30000, 1001))
    frames = list(reader)
    assert reader.info.moves
    assert not footage.probe(tmp_path).moves
    assert [frame.pts for frame in frames] == list(range(12))
    assert frames[5].time_s == pytest.approx(5 * 1001 / 30000)
    assert frames[0].time_base == Fraction(1001, 30000)
    part = footage.FrameReader(tmp_path, frame_rate=Fraction(10), span=span("0.3", "0.55"))
    assert [frame.name for frame in part] == ["frame4.png", "frame5.png", "frame6.png"]
    assert part.num_frames == 3


def put_cover_first(path: Path) -> None:
    """The box of the cover before the tracks, as some tools write it: it becomes stream 0."""
    content = path.read_bytes()
    moov = content.index(b"moov") - 4
    (size,) = struct.unpack_from(">I", content, moov)
    at, boxes = moov + 8, []
    while at < moov + size:
        (length,) = struct.unpack_from(">I", content, at)
        boxes.append(content[at : at + length])
        at += length
    boxes.sort(key=lambda box: [b"mvhd", b"udta", b"trak"].index(box[4:8]))
    path.write_bytes(content[: moov + 8] + b"".join(boxes) + content[moov + size :])


def test_a_cover_picture_is_not_the_film(clip, tmp_path):
    path = tmp_path / "cover.mp4"
    cover = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        picture_ = target.add_stream("mjpeg", rate=1)
        picture_.width, picture_.height, picture_.pix_fmt = 32, 32, "yuvj420p"
        picture_.disposition = av.stream.Disposition.attached_pic
        stream = target.add_stream_from_template(source.streams.video[0])
        target.mux(picture_.encode(cover.reformat(format="yuvj420p")))
        target.mux(picture_.encode(None))
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    put_cover_first(path)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mjpeg"
    info = footage.probe(path)
    assert (info.width, info.height) == SIZE
    assert len(list(footage.FrameReader(path))) == 30
