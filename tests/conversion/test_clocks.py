"""Clocks that do not begin at 0, and files that cannot be sought."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from jaxswap import config, footage, spans
from jaxswap.conversion import encoders, outputs, segment_output, sources
from jaxswap.provenance import marks

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
SYNC_S = 0.02
MPEG = {"picture": "mpeg2video", "sound": "mp2"}


def through(source: Path, out: Path, *, part: spans.Span = spans.WHOLE) -> tuple[str, ...]:
    reader = footage.FrameReader(source, span=part)
    output = outputs.make(reader.info, out, mark=MARK, options=config.ConvertConfig(), span=part)
    with output:
        for frame in reader:
            output.write(output.keep(frame), None)
    reader.notices.add(*output.notices.lines)
    return reader.notices.lines


LATE = {
    "ts from 40000 s": (".ts", 40000.0, {}),
    "ts as FFmpeg writes it": (".ts", 0.0, {}),
    "ts beyond half a clock": (".ts", 80000.0, {}),
    "mpg": (".mpg", 0.0, MPEG),
    "mkv cut from a longer one": (".mkv", 600.0, {}),
    "mp4 cut from a longer one": (".mp4", 600.0, {}),
    "flv of a stream": (".flv", 600.0, {"picture": "flv", "sound": "libmp3lame", "rate": 44100}),
    "asf": (".wmv", 600.0, {"picture": "wmv2", "sound": "wmav2", "rate": 44100}),
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(("kind", "start_s", "how"), LATE.values(), ids=LATE)
def test_the_output_begins_at_0(write_film, observe, tmp_path, kind, start_s, how, suffix):
    source = write_film(tmp_path / f"in{kind}", start_s=start_s, **how)
    through(source, tmp_path / f"out{suffix}")
    before, after = observe(source), observe(tmp_path / f"out{suffix}")
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        begins_s = (container.start_time or 0) / av.time_base
        assert 0 <= begins_s < (0.1 if kind == ".wmv" else 0.001)  # its decoder is late
        assert container.duration / av.time_base == pytest.approx(2, abs=0.15)
    assert len(after.times) == len(before.times) == 50
    assert after.steps == pytest.approx(before.steps, abs=0.0011)
    assert len(after.clicks) == 4
    assert after.apart == pytest.approx(before.apart, abs=SYNC_S)


@pytest.mark.parametrize("begins", ["picture", "sound"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_distance_of_sound_and_picture_stays(write_film, observe, tmp_path, suffix, begins):
    picture_s, sound_s = (600.0, 600.4) if begins == "picture" else (600.4, 600.0)
    source = write_film(tmp_path / "in.ts", start_s=picture_s, sound_start_s=sound_s)
    through(source, tmp_path / f"out{suffix}")
    before, after = observe(source), observe(tmp_path / f"out{suffix}")
    assert after.times[0] == pytest.approx(0.0 if begins == "picture" else 0.4, abs=0.03)
    moved = before.times[0] - after.times[0]
    assert after.clicks == pytest.approx([time - moved for time in before.clicks], abs=SYNC_S)


def test_a_beginning_near_0_stays(write_film, observe, tmp_path):
    source = write_film(tmp_path / "in.mp4", start_s=0.52)
    assert through(source, tmp_path / "out.mp4") == ()
    assert observe(tmp_path / "out.mp4").times == observe(source).times


def test_a_part_counts_from_the_first_frame(write_film, tmp_path):
    """Also where the sound begins before the picture."""
    source = write_film(tmp_path / "in.mkv", start_s=0.08, sound_start_s=0.0)
    whole = [frame.time_s for frame in footage.FrameReader(source)]
    for start, first in (("0", 0), ("0.02", 1), ("0.4", 10), ("1.6", 40)):
        part = spans.between(start, None)
        times = [frame.time_s for frame in footage.FrameReader(source, span=part)]
        assert times == whole[first:], start


def with_text(source: Path, path: Path, *, start_s: float) -> Path:
    """The film with a line from 0.2 to 0.8 s of it and a chapter for each half."""
    (path.parent / "said.srt").write_text("1\n00:00:00,200 --> 00:00:00,800\nA line\n")
    with (
        av.open(str(source)) as before,
        av.open(str(path.parent / "said.srt")) as said,
        av.open(str(path), "w") as after,
    ):
        copies = [after.add_stream_from_template(stream) for stream in before.streams]
        text = after.add_stream_from_template(said.streams[0])
        after.set_chapters(
            [
                {"id": half, "start": round(1000 * (start_s + half)), "metadata": {"title": "half"},
                 "end": round(1000 * (start_s + half + 1)), "time_base": Fraction(1, 1000)}
                for half in (0, 1)
            ]
        )  # fmt: skip
        line = next(said.demux())
        line.pts = line.dts = line.pts + round(start_s / line.time_base)
        line.stream = text
        packets = [line]
        for packet in before.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                packets.append(packet)
        for packet in sorted(packets, key=lambda one: (one.dts or one.pts) * one.time_base):
            after.mux(packet)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_subtitles_and_chapters_move_along(write_film, tmp_path, suffix):
    source = with_text(
        write_film(tmp_path / "bare.mkv", start_s=600.0, encoder={"bf": "0"}),
        tmp_path / "in.mkv",
        start_s=600.0,
    )
    through(source, tmp_path / f"out{suffix}")
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        first = next(container.decode(video=0))
        _, chapter = container.chapters()
        begins = float(chapter["start"] * chapter["time_base"])
        assert begins - float(first.pts * first.time_base) == pytest.approx(1.0, abs=0.05)
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        said = [p for p in container.demux(subtitles=0) if p.size and b"line" in bytes(p)]
        begins = float(said[0].pts * said[0].time_base)
        assert begins - float(first.pts * first.time_base) == pytest.approx(0.2, abs=0.05)


def test_segments_of_a_late_clock_join_at_0(write_film, observe, tmp_path):
    source = write_film(tmp_path / "in.ts", start_s=40000.0)
    found = sources.of(footage.probe(source))
    middle = found.origin + 90000
    bounds = [(-(2**62), middle), (middle, None)]
    parts = []
    for number, bound in enumerate(bounds):
        path = tmp_path / f"{number}.zip"
        encoder = encoders.of(config.ConvertConfig())
        with segment_output.SegmentOutput(
            path, source=found, encoder=encoder, suffix=".mp4", bounds=bound
        ) as output:
            for frame in footage.FrameReader(source):
                output.write(output.keep(frame), None)
        parts.append(segment_output.EncodedSegment.open(path))
    options = config.ConvertConfig()
    with outputs.make(footage.probe(source), tmp_path / "out.mp4", mark=MARK, options=options) as o:
        o.mux(segment_output.joined(parts, time_base=found.time_base, zero=found.zero))
    seen = observe(tmp_path / "out.mp4")
    assert len(seen.times) == 50
    assert seen.times[0] == pytest.approx(0.02, abs=0.03)
    assert seen.steps == pytest.approx([0.04] * 49, abs=1e-3)
    assert seen.apart == pytest.approx([0.0] * 4, abs=SYNC_S)


UNSOUGHT = {
    "flv": (".flv", {"picture": "flv", "sound": "libmp3lame", "rate": 44100}),
    "flv with AAC": (".flv", {}),
    "mpg": (".mpg", MPEG),
    "ts": (".ts", {}),
    "fragments": (".mp4", {"options": {"movflags": "frag_keyframe+empty_moov"}}),
    "avi without an index": (".avi", {"picture": "mpeg4", "sound": "libmp3lame"}),
    "mkv without cues": (".mkv", {"options": {"live": "1"}}),
    "nut": (".nut", {}),
    "ogg": (".ogv", {"picture": "libvpx", "sound": "libopus"}),
    "raw": (".h264", {"sound": None}),
    "raw with one key frame": (".h264", {"sound": None, "encoder": {"g": "999"}}),
}


@pytest.mark.parametrize(("suffix", "how"), UNSOUGHT.values(), ids=UNSOUGHT)
def test_a_part_of_what_cannot_be_sought_is_whole(write_film, observe, tmp_path, suffix, how):
    source = write_film(tmp_path / f"in{suffix}", seconds=3, **how)
    if suffix == ".avi":
        content = source.read_bytes()
        source.write_bytes(content[: content.rindex(b"idx1")])
    whole = [frame.time_s for frame in footage.FrameReader(source)]
    part = spans.between("1.1", "2.1")
    times = [frame.time_s for frame in footage.FrameReader(source, span=part)]
    first = whole[0]
    assert times == [time for time in whole if 1.1 - 1e-6 <= time - first < 2.1 - 1e-6]
    assert len(times) == 25
    through(source, tmp_path / "out.mp4", part=part)
    seen, before = observe(tmp_path / "out.mp4"), observe(source)
    assert seen.times == pytest.approx([0.04 * index for index in range(25)], abs=0.002)
    if how.get("sound", "aac"):
        assert len(seen.clicks) == len(seen.flashes) == 2
        assert seen.apart == pytest.approx(before.apart[2:4], abs=SYNC_S)
        assert seen.clicks[0] < 0.3
