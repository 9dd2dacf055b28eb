"""What is beside the pictures: sound, subtitles, chapters and attachments, whole and cut."""

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import pytest

from jaxswap import config, footage, spans
from jaxswap.conversion import outputs
from jaxswap.provenance import marks

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
SRT = """1
00:00:00,200 --> 00:00:01,400
A first <i>line</i>

2
00:00:02,000 --> 00:00:03,000
A second line
"""
Disposition = av.stream.Disposition


@pytest.fixture
def film(make_clip, smooth_images, tmp_path):
    """Makes footage of 4 s: two languages, subtitles, two chapters, and in Matroska a font."""

    def make(suffix: str, *, start: int = 0) -> Path:
        pts = [start + 512 * index for index in range(100)]
        bare = make_clip(
            smooth_images(100),
            name="bare.mp4",
            audio=["aac", "aac"],
            audio_start=start,
            pts=pts,
            gop=10,
        )
        (tmp_path / "said.srt").write_text(SRT)
        path = tmp_path / f"film{suffix}"
        with (
            av.open(str(bare)) as source,
            av.open(str(tmp_path / "said.srt")) as said,
            av.open(str(path), "w") as target,
        ):
            copies = {s.index: target.add_stream_from_template(s) for s in source.streams}
            for copy, language in zip(list(copies.values())[1:], ("eng", "deu"), strict=True):
                copy.metadata["language"] = language
            copies[1].disposition = Disposition.default
            copies[2].disposition = Disposition.comment
            if suffix == ".mkv":
                text = target.add_stream_from_template(said.streams[0])
                target.add_attachment("font.ttf", "font/ttf", b"glyphs" * 9)
            else:
                text = target.add_stream("mov_text")
                said.streams[0].codec_context.open(strict=False)
                header = said.streams[0].codec_context.subtitle_header
                text.codec_context.subtitle_header = header
            text.time_base = Fraction(1, 1000)
            text.metadata["language"] = "fra"
            text.disposition = Disposition.forced
            unit = Fraction(1, 1000)
            target.set_chapters(
                [
                    {"id": i, "start": 2000 * i, "end": 2000 * i + 2000, "time_base": unit,
                     "metadata": {"title": f"part {i}"}}
                    for i in range(2)
                ]
            )  # fmt: skip
            packets = [p for p in source.demux() if p.dts is not None]
            for packet in said.demux():
                if packet.dts is not None:
                    if suffix != ".mkv":
                        made = text.codec_context.encode_subtitle(
                            said.streams[0].codec_context.decode2(packet)
                        )
                        made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
                        made.time_base = packet.time_base
                        packet = made
                    packet.stream = text
                    packets.append(packet)
            packets.sort(key=lambda p: p.dts * p.time_base)
            for packet in packets:
                if packet.stream is not text:
                    packet.stream = copies[packet.stream.index]
                target.mux(packet)
        return path

    return make


def through(source: Path, out: Path, *, part: spans.Span = spans.WHOLE) -> list[str]:
    reader = footage.FrameReader(source, span=part)
    options = config.ConvertConfig()
    output = outputs.make(reader.info, out, mark=MARK, options=options, span=part)
    with output:
        for frame in reader:
            output.write(output.keep(frame), None)
    return list(output.notices.lines)


def sound(path: Path, stream: int) -> list[tuple[str, Fraction]]:
    """Hash of each packet of a stream of sound, and its time."""
    with av.open(str(path)) as container:
        chosen = container.streams.audio[stream]
        return [
            (hashlib.sha256(packet).hexdigest(), packet.pts * packet.time_base)
            for packet in container.demux(chosen)
            if packet.size
        ]


def hashes(packets: list[tuple[str, Fraction]]) -> list[str]:
    return [digest for digest, _ in packets]


def frames(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def texts(path: Path) -> list[tuple[float, float, str]]:
    """When each subtitle is seen, until when, and its words."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        for packet in container.demux(stream):
            for part in packet.decode() if packet.size else ():
                begin = float(packet.pts * packet.time_base)
                words = part.dialogue.decode()
                if words:
                    end = begin + float(packet.duration * packet.time_base)
                    found.append((round(begin, 2), round(end, 2), words))
    return found


@pytest.mark.parametrize("into", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_all_streams_come_along(film, tmp_path, suffix, into):
    source = film(suffix)
    lost = through(source, tmp_path / f"out{into}")
    if suffix == ".mkv" and into != ".mkv":
        assert lost == ["stream 4 (attachment, font.ttf): choose .mkv to keep it"]
    else:
        assert lost == []
    with av.open(str(tmp_path / f"out{into}")) as container:
        tracks = list(container.streams.audio)
        assert tracks[0].language == "eng"
        if into != ".mov":  # QuickTime's list of languages has another name for German
            assert tracks[1].language == "deu"
        assert Disposition.default in tracks[0].disposition
        assert Disposition.default not in tracks[1].disposition
        if suffix == into:  # MP4 has no place for the comment's flag that Matroska has
            with av.open(str(source)) as before:
                assert [t.disposition for t in tracks] == [
                    t.disposition for t in before.streams.audio
                ]
        (text,) = container.streams.subtitles
        assert text.language == "fra"
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
        assert titles == ["part 0", "part 1"]
        attached = [s for s in container.streams if s.type == "attachment"]
        assert [s.data for s in attached] == ([b"glyphs" * 9] if suffix == into == ".mkv" else [])
    said = texts(tmp_path / f"out{into}")
    moved = 0.02 if into == ".mkv" else 0  # all begins later by the run-up of the sound
    expected = [time for begin, end, _ in texts(source) for time in (begin, end)]
    found = [time for begin, end, _ in said for time in (begin, end)]
    assert found == pytest.approx(expected, abs=0.011 + moved)
    assert [words.replace("{\\i1}", "").replace("{\\i0}", "") for *_, words in said] == [
        "A first line",
        "A second line",
    ]
    for stream in (0, 1):
        packets = sound(tmp_path / f"out{into}", stream)
        assert hashes(packets) == hashes(sound(source, stream))


@pytest.mark.parametrize("into", [".mp4", ".mkv"])
@pytest.mark.parametrize("start", [0, 6400])
def test_a_part_begins_at_0_with_sound_in_place(film, tmp_path, into, start):
    """Each packet of sound is as far from the first picture as it was, and none is missing."""
    source = film(".mp4", start=start)
    part = spans.Span(Fraction("0.9"), Fraction("2.5"))
    assert through(source, tmp_path / f"out{into}", part=part) == []
    shown = [time for time in frames(source) if Fraction("0.9") <= time - frames(source)[0]]
    first = shown[0]
    out = tmp_path / f"out{into}"
    tick = Fraction(1, 1000) if into == ".mkv" else Fraction(1, 48000)
    times = frames(out)
    assert times[0] == 0
    assert len(times) == 40
    for stream in (0, 1):
        before, after = sound(source, stream), sound(out, stream)
        wanted = [
            (digest, time - first)
            for digest, time in before
            if time - first >= 0 and time - frames(source)[0] < Fraction("2.5")
        ]
        assert hashes(after) == hashes(wanted)
        assert len(wanted) >= 74
        for (_, was), (_, now) in zip(wanted, after, strict=True):
            assert abs(was - now) <= tick
        assert 0 <= after[0][1] <= Fraction(1024, 48000)


@pytest.mark.parametrize("into", [".mp4", ".mkv"])
def test_subtitles_and_chapters_of_a_part(film, tmp_path, into):
    source = film(".mkv")
    part = spans.Span(Fraction(1), Fraction("2.5"))
    through(source, tmp_path / f"out{into}", part=part)
    said = texts(tmp_path / f"out{into}")
    assert [(begin, end) for begin, end, _ in said] == [(0.0, 0.4), (1.0, 2.0)]
    with av.open(str(tmp_path / f"out{into}")) as container:
        chapters = [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]))
            for c in container.chapters()
        ]
    assert chapters == [pytest.approx((0, 1), abs=0.03), pytest.approx((1, 1.5), abs=0.03)]


def test_an_end_alone_leaves_the_beginning_as_it_is(film, tmp_path):
    source = film(".mp4", start=6400)
    through(source, tmp_path / "out.mp4", part=spans.Span(Fraction(0), Fraction(1)))
    assert frames(tmp_path / "out.mp4") == frames(source)[:25]
    before, after = (sound(path, 0) for path in (source, tmp_path / "out.mp4"))
    assert after == before[: len(after)]
    assert Fraction(1) - Fraction(1024, 48000) <= after[-1][1] - frames(source)[0] < 1


def test_the_last_frame_of_a_part_lasts_until_its_end(make_clip, smooth_images, tmp_path):
    source = make_clip(smooth_images(5), pts=[0, 500, 3000, 4600, 5000])
    part = spans.Span(Fraction(400, 12800), Fraction(3300, 12800))
    through(source, tmp_path / "out.mp4", part=part)
    with av.open(str(tmp_path / "out.mp4")) as container:
        video = container.streams.video[0]
        assert video.duration * video.time_base == Fraction(2800, 12800)
    assert frames(tmp_path / "out.mp4") == [0, Fraction(2500, 12800)]


def test_a_stream_of_data_is_said_to_be_lost(film, tmp_path):
    source = film(".mp4")
    with av.open(str(source)) as before, av.open(str(tmp_path / "data.mp4"), "w") as target:
        copy = target.add_stream_from_template(before.streams.video[0])
        target.add_data_stream("bin_data")
        for packet in before.demux(before.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    lost = through(tmp_path / "data.mp4", tmp_path / "out.mkv")
    with av.open(str(tmp_path / "data.mp4")) as container:
        num_data = sum(stream.type == "data" for stream in container.streams)
    assert len(lost) == num_data
    assert all("which is no sound and no subtitles" in line for line in lost)


OVERLAPPING = """1
00:00:00,200 --> 00:00:01,000
one

2
00:00:00,200 --> 00:00:00,600
two

3
00:00:00,400 --> 00:00:01,400
three

4
00:00:02,000 --> 00:00:02,500
four
"""


def overlapping(bare: Path, path: Path) -> Path:
    (path.parent / "over.srt").write_text(OVERLAPPING)
    with (
        av.open(str(bare)) as source,
        av.open(str(path.parent / "over.srt")) as said,
        av.open(str(path), "w") as target,
    ):
        streams = [*source.streams, said.streams[0]]
        copies = [target.add_stream_from_template(stream) for stream in streams]
        packets = [(packet, copies[packet.stream.index]) for packet in source.demux()]
        packets += [(packet, copies[-1]) for packet in said.demux()]
        packets = [(packet, copy) for packet, copy in packets if packet.dts is not None]
        for packet, copy in sorted(packets, key=lambda one: one[0].dts * one[0].time_base):
            packet.stream = copy
            target.mux(packet)
    return path


@pytest.mark.parametrize("into", [".mp4", ".mov"])
def test_lines_that_overlap_are_rows(make_clip, smooth_images, tmp_path, into):
    """.mp4 shows one text at a time: what is seen together becomes one."""
    bare = make_clip(smooth_images(75), audio=["aac"])
    source = overlapping(bare, tmp_path / "film.mkv")
    assert through(source, tmp_path / f"out{into}") == []
    expected = [
        (0.2, 0.4, "one\ntwo"),
        (0.4, 0.6, "one\ntwo\nthree"),
        (0.6, 1.0, "one\nthree"),
        (1.0, 1.4, "three"),
        (2.0, 2.5, "four"),
    ]
    found = texts(tmp_path / f"out{into}")
    assert [words for *_, words in found] == [words for *_, words in expected]
    times = [time for begin, end, _ in found for time in (begin, end)]
    assert times == pytest.approx([t for b, e, _ in expected for t in (b, e)], abs=0.031)


def test_lines_that_overlap_stay_as_they_are_in_matroska(make_clip, smooth_images, tmp_path):
    bare = make_clip(smooth_images(75))
    source = overlapping(bare, tmp_path / "film.mkv")
    assert through(source, tmp_path / "out.mkv") == []
    assert texts(tmp_path / "out.mkv") == texts(source)


def test_lines_of_a_part_that_overlap_its_beginning(make_clip, smooth_images, tmp_path):
    source = overlapping(make_clip(smooth_images(75), gop=5), tmp_path / "film.mkv")
    part = spans.Span(Fraction("0.52"), Fraction("2.2"))
    assert through(source, tmp_path / "out.mp4", part=part) == []
    found = texts(tmp_path / "out.mp4")
    assert [words for *_, words in found] == ["one\ntwo\nthree", "one\nthree", "three", "four"]
    assert [begin for begin, *_ in found] == pytest.approx([0.0, 0.08, 0.48, 1.48], abs=0.031)
