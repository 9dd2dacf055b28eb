"""Parts of a video, encoded by themselves, joined to what one encoder would have shown."""

import dataclasses
import itertools
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import pytest

from jaxswap import config, errors, footage, spans
from jaxswap.conversion import encoders, originals, outputs, segment_output, sources
from jaxswap.provenance import marks, reading

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
IRREGULAR = [0, 500, 1100, 1101, 3000, 3600, 9000, 9600, 13001, 30000, 30100, 30200]
OPTIONS = config.ConvertConfig()


def decoded(path: Path) -> list[originals.Original]:
    with av.open(str(path)) as container:
        return [
            originals.Original(pts=frame.pts, picture=frame) for frame in container.decode(video=0)
        ]


def whole(source: Path, out: Path, options: config.ConvertConfig) -> None:
    with outputs.make(footage.probe(source), out, mark=MARK, options=options) as output:
        for original in decoded(source):
            output.write(original, None)


def segment(
    source: Path, path: Path, bounds: tuple[int, int | None], options: config.ConvertConfig
) -> segment_output.EncodedSegment:
    """Every frame is given to the segment, which takes its own; none says how long it is seen."""
    with segment_output.SegmentOutput(
        path,
        source=sources.of(footage.probe(source)),
        encoder=encoders.of(options),
        suffix=".mkv" if options.codec == "ffv1" else ".mp4",
        bounds=bounds,
    ) as output:
        for original in decoded(source):
            original.picture.duration = 0
            output.write(original, None)
    return segment_output.EncodedSegment.open(path)


def join(
    source: Path,
    out: Path,
    parts: list[segment_output.EncodedSegment],
    options: config.ConvertConfig,
) -> list[int]:
    """Writes the video; the decoding times."""
    with outputs.make(footage.probe(source), out, mark=MARK, options=options) as output:
        assert {part.headers for part in parts} == {output.headers}
        packets = list(segment_output.joined(parts, time_base=output.source.time_base))
        times = [packet.dts for packet in packets]
        output.mux(packets)
    return times


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "ffv1"])
def test_parts_join_to_the_frames_times_and_sound_of_the_whole(
    read_streams, smooth_images, make_clip, tmp_path, codec
):
    options = dataclasses.replace(OPTIONS, codec=codec)
    suffix = ".mkv" if codec == "ffv1" else ".mp4"
    images = smooth_images(len(IRREGULAR), width=64, height=64)
    source = make_clip(images, pts=[777 + time for time in IRREGULAR], audio=["aac"])
    whole(source, tmp_path / f"whole{suffix}", options)
    cuts = [-(2**62), 777 + 1101, 777 + 9601, None]
    parts = [
        segment(source, tmp_path / f"{number}.zip", (cuts[number], cuts[number + 1]), options)
        for number in range(3)
    ]
    empty = segment(source, tmp_path / "empty.zip", (777 + 1102, 777 + 1103), options)
    parts.insert(1, empty)  # a segment in which nothing happens
    assert [part.frames for part in parts] == [3, 0, 5, 4]
    times = join(source, tmp_path / f"joined{suffix}", parts, options)
    assert all(before < after for before, after in itertools.pairwise(times))
    before, after = (read_streams(tmp_path / f"{name}{suffix}") for name in ("whole", "joined"))
    assert len(after.times) == len(IRREGULAR)
    assert after.times == before.times
    assert after.packets == before.packets
    assert reading.read(tmp_path / f"joined{suffix}") == MARK


def test_the_last_frame_of_a_part_is_seen_until_the_next_part(smooth_images, make_clip, tmp_path):
    source = make_clip(smooth_images(4), pts=[0, 100, 200, 5000])
    part = segment(source, tmp_path / "0.zip", (0, 201), OPTIONS)
    assert {pts: duration for pts, _, duration, _ in part.times} == {0: 100, 100: 100, 200: 4800}


def test_a_part_that_decodes_early_comes_after_the_one_before(tmp_path):
    path = tmp_path / "0.zip"
    times = ((10, 2, 1, True), (12, 3, 1, False), (11, 10, 1, False))
    with zipfile.ZipFile(path, "w") as parts:
        for number in range(3):
            parts.writestr(str(number), b"packet")
    parts = [
        segment_output.EncodedSegment(
            path=path, headers=b"", frames=3, swapped=0, notices=(), times=times
        )
        for times in (((7, 5, 1, True), (9, 6, 1, False), (8, 7, 1, False)), times)
    ]
    found = list(segment_output.joined(parts, time_base=Fraction(1, 25)))[3:]
    assert [(packet.pts, packet.dts) for packet in found] == [(10, 8), (12, 9), (11, 10)]


@pytest.mark.parametrize("spoil", ["cut", "index"])
def test_a_broken_file_is_refused_with_a_remedy(smooth_images, make_clip, tmp_path, spoil):
    path = tmp_path / "0.zip"
    segment(make_clip(smooth_images(4)), path, (0, None), OPTIONS)
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        with zipfile.ZipFile(path, "w") as parts:
            parts.writestr("index.json", "[]")
            parts.writestr("headers", b"")
    with pytest.raises(errors.OutputError, match="Delete it and start again"):
        segment_output.EncodedSegment.open(path)


def test_a_segment_after_a_change_of_size_has_the_size_of_the_whole(tmp_path, join_parts):
    first, second = ((96, 64), (200, 40, 40)), ((64, 64), (40, 40, 200))
    parts = [(*size, color, "yuv420p", (1, 1)) for size, color in (first, second)]
    source = join_parts(tmp_path / "joined.ts", parts)
    reader = footage.FrameReader(source, span=spans.Span(Fraction("0.2"), None))
    output = segment_output.SegmentOutput(
        tmp_path / "part.zip",
        source=sources.of(reader.info),
        encoder=encoders.of(OPTIONS),
        suffix=".mp4",
        bounds=(-(2**62), None),
    )
    with output:
        for frame in reader:
            original = output.keep(frame)
            assert (original.picture.width, original.picture.height) == (96, 64)
            output.write(original, output.open_canvas(original))
    assert segment_output.EncodedSegment.open(tmp_path / "part.zip").frames == 5
    assert len(reader.notices.lines) == 1
