import contextlib
import resource
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import config, errors, footage
from jaxswap.conversion import canvas, encoders, sources, video_writer
from jaxswap.provenance import marks, reading
from jaxswap.video import colorimetry

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
IRREGULAR = [0, 500, 1100, 1101, 3000, 3600, 9000, 9600, 13001, 30000]


@contextlib.contextmanager
def file_size_limit(num_bytes: int) -> Iterator[None]:
    """A disk that is full: writes beyond `num_bytes` fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def writer_of(source: Path, out: Path, *, crf: int | None = 1, codec: config.Codec = "h264"):
    encoder = encoders.Encoder(codec=codec, crf=crf, preset="fast")
    return video_writer.VideoWriter(
        out, source=sources.of(footage.probe(source)), encoder=encoder, mark=MARK
    )


def copy(source: Path, out: Path, *, mirrored: bool = False, **how) -> video_writer.VideoWriter:
    """Every frame of `source` through the writer, as it is or with its mirror image painted on."""
    with av.open(str(source)) as container:
        frames = list(container.decode(video=0))
    width, height = frames[0].width, frames[0].height
    whole = canvas.Box(0, 0, width, height)
    writer = writer_of(source, out, **how)
    with writer:
        for frame in frames:
            pts = frame.pts
            if mirrored:
                painted = canvas.YuvCanvas(
                    colorimetry.to_coding(frame, coding=writer.coding), coding=writer.coding
                )
                seen = painted.read(whole)
                alpha = np.ones((height, width), np.float32)
                painted.mix(whole, np.ascontiguousarray(seen[:, ::-1]), alpha)
                frame = painted.picture
            writer.encode(frame, pts=pts)
    return writer


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov"])
def test_irregular_times_and_all_sound_are_kept(
    read_streams, smooth_images, make_clip, tmp_path, suffix
):
    pts = [777 + time for time in IRREGULAR]
    source = make_clip(smooth_images(10), pts=pts, audio=["aac", "aac"], audio_start=960)
    copy(source, tmp_path / f"out{suffix}")
    before, after = map(read_streams, (source, tmp_path / f"out{suffix}"))
    assert after.times == before.times
    assert [len(packets) > 50 for packets in after.packets] == [True, True]
    assert after.packets == before.packets
    assert reading.read(tmp_path / f"out{suffix}") == MARK


def test_matroska_keeps_times_to_the_millisecond(read_streams, smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(10), pts=[20 * time for time in IRREGULAR], audio=["aac"])
    copy(source, tmp_path / "out.mkv")
    before, after = map(read_streams, (source, tmp_path / "out.mkv"))
    shift = -before.packets[0][0][0]
    assert shift == Fraction(1024, 48000)
    for was, now in zip(before.times, after.times, strict=True):
        assert abs(was + shift - now) <= Fraction(1, 1000)
    assert [digest for _, digest in after.packets[0]] == [digest for _, digest in before.packets[0]]
    assert reading.read(tmp_path / "out.mkv") == MARK
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.metadata["COMMENT"].startswith("Synthetic media")


def test_matroska_footage_gives_mp4(read_streams, smooth_images, make_clip, tmp_path):
    source = make_clip(
        smooth_images(5), name="in.mkv", pts=[0, 40, 80, 130, 200], time_base=Fraction(1, 1000)
    )
    copy(source, tmp_path / "out.mp4")
    assert read_streams(tmp_path / "out.mp4").times == [
        Fraction(time, 1000) for time in (0, 40, 80, 130, 200)
    ]


def test_comment_and_duration_of_mp4(read_streams, smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(12))
    copy(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["comment"] == marks.comment(MARK, kind="video")
    before, after = map(read_streams, (source, tmp_path / "out.mp4"))
    assert after.duration == before.duration == Fraction(12, 25)


@pytest.mark.parametrize(("width", "height"), [(65, 48), (64, 47), (33, 35)])
def test_odd_sizes_stay(read_streams, smooth_images, make_clip, tmp_path, width, height):
    source = make_clip(smooth_images(4, width=width, height=height), pix_fmt="yuv444p")
    copy(source, tmp_path / "out.mp4")
    assert read_streams(tmp_path / "out.mp4").sizes == {(width, height)}


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize(
    ("tags", "pix_fmt"),
    [
        ((2, 0, 2, 2), "yuv420p"),
        ((1, 1, 1, 1), "yuv420p"),
        ((6, 1, 6, 6), "yuv422p"),
        ((1, 2, 1, 13), "yuv420p"),
        ((5, 2, 5, 6), "yuvj420p"),
        ((9, 1, 9, 14), "yuv420p10le"),
        ((1, 1, 1, 1), "yuv444p"),
    ],
)
def test_colours_and_their_tags_stay(
    read_streams, smooth_images, make_clip, tmp_path, tags, pix_fmt, mirrored
):
    source = make_clip(smooth_images(3), tags=tags, pix_fmt=pix_fmt)
    copy(source, tmp_path / "out.mp4", mirrored=mirrored)
    before, after = map(read_streams, (source, tmp_path / "out.mp4"))
    assert after.tags == before.tags == tags
    step = -1 if mirrored else 1
    difference = np.subtract(
        before.images, [image[:, ::step] for image in after.images], dtype=float
    )
    # A wrong matrix or range is off by 5 and more on average over these colours.
    assert np.abs(difference).mean() < 1.5
    # swscale rounds full-range chroma down: half a level of chroma, a level of colour.
    assert np.abs(difference.mean(axis=(0, 1, 2))).max() < (1.2 if tags[1] == 2 else 0.5)


def test_times_that_do_not_rise_are_put_right(read_streams, smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(3))
    writer = writer_of(source, tmp_path / "out.mp4")
    image = smooth_images(1)[0]
    with writer:
        for pts in (None, 512, 512, 100):
            writer.encode(av.VideoFrame.from_ndarray(image, format="rgb24"), pts=pts)
    after = read_streams(tmp_path / "out.mp4")
    assert [time * 12800 for time in after.times] == [0, 512, 513, 514]


def test_same_input_gives_the_same_bytes(smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(3), audio=["aac"])
    for suffix in (".mp4", ".mkv"):
        outs = [tmp_path / f"{name}{suffix}" for name in "ab"]
        for out in outs:
            copy(source, out)
        assert outs[0].read_bytes() == outs[1].read_bytes()


def test_other_names_and_the_footage_itself_are_refused(smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(2))
    (tmp_path / "link.mp4").symlink_to(source)
    for out, codec, words in [
        (tmp_path / "out.avi", "h264", r"\.mp4, \.m4v, \.mov, \.mkv"),
        (tmp_path / "out.mp4", "ffv1", r"\.mp4 cannot hold ffv1\. Choose .*\.mkv, or .*--codec"),
        (tmp_path / "out.mov", "av1", r"\.mp4 or \.mkv"),
        (source, "h264", "footage itself"),
        (tmp_path / "link.mp4", "h264", "footage itself"),
    ]:
        with pytest.raises(errors.OutputError, match=words):
            video_writer.check(out, source=source, codec=codec)


def test_an_error_inside_leaves_the_old_output(smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(3), audio=["aac"])
    out = tmp_path / "out.mp4"
    out.write_bytes(b"old")
    writer = writer_of(source, out)

    def interrupted() -> None:
        with writer:
            writer.encode(av.VideoFrame(64, 48, "yuv420p"), pts=0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("room", [0, 2_000, 50_000])
def test_a_full_disk_leaves_the_old_output(make_clip, tmp_path, suffix, room):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (96, 128, 3), dtype=np.uint8) for _ in range(20)]
    source = make_clip(noise, audio=["aac"])
    out = tmp_path / f"out{suffix}"
    out.write_bytes(b"old")
    with pytest.raises(errors.OutputError, match="Free space"), file_size_limit(room):
        copy(source, out)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", out.name]
