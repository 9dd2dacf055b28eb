"""What of footage does not decode is said, and what is left comes."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from jaxswap import errors, footage, images, spans
from jaxswap.footage import lost

VIDEO = footage.FootageInfo(
    path=Path("clip.mp4"),
    kind="video",
    width=64,
    height=48,
    num_frames=250,
    duration_s=10.0,
    frame_rate=Fraction(25),
)


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
    (line,) = reader.notices.lines
    assert line.startswith("the last ")
    assert float(line.split()[2]) == pytest.approx(lost_s, abs=0.11)
    assert line.endswith("s of cut.mp4 do not decode")


def test_damage_in_the_middle_is_said(clip):
    content = bytearray(clip.read_bytes())
    start = content.index(b"mdat") + 4
    middle = start + (content.index(b"moov") - start) // 2
    content[middle : middle + 120] = bytes(range(120))
    clip.write_bytes(bytes(content))
    reader = footage.FrameReader(clip)
    frames = list(reader)
    assert 5 <= len(frames) <= 30
    assert reader.notices.lines
    assert all("clip.mp4" in line for line in reader.notices.lines)


def test_a_broken_image_is_skipped_and_said(tmp_path, draw):
    for number in range(3):
        images.write_png(tmp_path / f"{number}.png", draw(number))
    (tmp_path / "0.png").write_bytes(b"broken")
    reader = footage.FrameReader(tmp_path)
    assert [frame.index for frame in reader] == [1, 2]
    assert reader.notices.lines == ("1 of 3 images cannot be read: 0.png",)


def test_a_folder_of_broken_images_is_an_error(tmp_path):
    (tmp_path / "1.png").write_bytes(b"broken")
    (tmp_path / "2.png").write_bytes(b"broken")
    with pytest.raises(errors.FootageError, match=r"2\.png cannot be read"):
        footage.probe(tmp_path)


def test_a_video_of_which_nothing_decodes_is_an_error(clip):
    content = bytearray(clip.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    clip.write_bytes(bytes(content))
    with pytest.raises(errors.FootageError, match=r"Not one frame .* decodes"):
        list(footage.FrameReader(clip))


@pytest.mark.parametrize(
    ("last_s", "failure", "end_s", "expected"),
    [
        (9.96, None, None, None),
        (9.6, None, None, None),  # headers are estimates: a third of a second is not told of
        (9.4, None, None, "the last 0.6 s of clip.mp4 do not decode"),
        (9.96, "invalid data", None, "parts of clip.mp4 do not decode (invalid data)"),
        (8.96, "invalid data", None, "the last 1.0 s of clip.mp4 do not decode"),
        (4.96, None, 5, None),
        (3.96, None, 5, "the last 1.0 s of clip.mp4 do not decode"),
    ],
)
def test_what_of_a_video_is_lost(last_s, failure, end_s, expected):
    span = spans.Span(Fraction(0), None if end_s is None else Fraction(end_s))
    said = lost.of_video(VIDEO, span=span, num_decoded=9, last_s=last_s, failure=failure)
    assert list(said) == ([] if expected is None else [expected])


def test_a_part_without_a_frame_is_an_error():
    part = spans.Span(Fraction(1), Fraction(2))
    for failure, message in ((None, "no frame between --start and"), ("bad", r"Not one .* \(bad")):
        with pytest.raises(errors.FootageError, match=message):
            list(lost.of_video(VIDEO, span=part, num_decoded=0, last_s=0.0, failure=failure))


def test_only_some_of_many_broken_images_are_named():
    names = [f"{number}.png" for number in range(5)]
    (said,) = lost.of_images(names, total=9)
    assert said == "5 of 9 images cannot be read: 0.png, 1.png, 2.png, ..."
    assert not list(lost.of_images([], total=9))


def test_flv_files_that_were_joined_are_told_of(write_film, tmp_path):
    part = write_film(tmp_path / "part.flv", picture="flv", sound=None)
    reader = footage.FrameReader(part)
    assert len(list(reader)) == 50
    assert reader.notices.lines == ()
    (tmp_path / "two.flv").write_bytes(2 * part.read_bytes())
    reader = footage.FrameReader(tmp_path / "two.flv")
    assert len(list(reader)) == 50
    (line,) = reader.notices.lines
    assert line.startswith("two.flv is several files one after the other")
