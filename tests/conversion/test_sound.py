"""Sound that an output cannot hold, and streams that cannot be read: the picture is converted."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from jaxswap import config, footage, spans
from jaxswap.conversion import outputs
from jaxswap.provenance import marks

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
SYNC_S = 0.02

FILMS = {  # by the codec: what it is in, and how it is written
    "wmav2": (".wmv", {"picture": "wmv2", "rate": 44100}),
    "adpcm_ms": (".avi", {"picture": "mpeg4"}),
    "adpcm_ima_wav": (".avi", {"picture": "mpeg4"}),
    "adpcm_swf": (".flv", {"picture": "flv", "rate": 22050}),
    "nellymoser": (".flv", {"picture": "flv", "rate": 22050}),
    "pcm_alaw": (".avi", {"picture": "mpeg4", "rate": 8000}),
    "pcm_mulaw": (".mov", {"rate": 8000}),
    "pcm_u8": (".avi", {"picture": "mpeg4"}),
    "pcm_s24le": (".mkv", {}),
    "wavpack": (".mkv", {}),
    "tta": (".mkv", {}),
    "real_144": (".mkv", {"rate": 8000}),
    "libopus": (".mkv", {}),
    "flac": (".mkv", {}),
}
ENCODED = {  # what each format cannot hold, and the advice
    ".mp4": {
        **dict.fromkeys(["wmav2", "adpcm_ms", "adpcm_ima_wav", "adpcm_swf"]),
        **dict.fromkeys(["nellymoser", "pcm_alaw", "pcm_mulaw"], ".mov"),
        **dict.fromkeys(["pcm_u8", "wavpack", "tta", "real_144"], ".mkv"),
    },
    ".mov": {
        **dict.fromkeys(["wmav2", "adpcm_ms", "adpcm_ima_wav", "adpcm_swf"]),
        **dict.fromkeys(["wavpack", "tta", "real_144", "libopus", "flac"], ".mkv"),
    },
    ".mkv": {
        **dict.fromkeys(["wmav2", "adpcm_ms", "adpcm_ima_wav", "adpcm_swf"]),
        **dict.fromkeys(["nellymoser", "pcm_alaw", "pcm_mulaw"], ".mov"),
    },
}


@pytest.fixture(scope="module")
def film(write_film, tmp_path_factory) -> Callable[[str], Path]:
    """A film whose sound is of a codec."""
    folder = tmp_path_factory.mktemp("films")

    def make(codec: str) -> Path:
        suffix, how = FILMS[codec]
        path = folder / f"{codec}{suffix}"
        return path if path.exists() else write_film(path, sound=codec, **how)

    return make


def through(
    source: Path, out: Path, *, sound: config.Sound = "copy", part: spans.Span = spans.WHOLE
) -> tuple[str, ...]:
    reader = footage.FrameReader(source, span=part)
    options = config.ConvertConfig(sound=sound)
    output = outputs.make(reader.info, out, mark=MARK, options=options, span=part)
    with output:
        for frame in reader:
            output.write(output.keep(frame), None)
    reader.notices.add(*output.notices.lines)
    return reader.notices.lines


def codecs(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [stream.codec_context.name for stream in container.streams.audio]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", FILMS)
def test_what_fits_is_copied_and_the_rest_encoded(film, observe, tmp_path, codec, suffix):
    source, out = film(codec), tmp_path / f"out{suffix}"
    said = through(source, out)
    if codec in ENCODED[suffix]:
        (line,) = said
        lossless = codec.startswith("pcm_") and suffix == ".mkv"
        assert codecs(out) == ["flac" if lossless else "aac"]
        assert f"{codec.removeprefix('lib')}) is encoded as {codecs(out)[0].upper()}" in line
        advice = ENCODED[suffix][codec]
        assert line.endswith(f": choose {advice} to keep it" if advice else "as it is")
        if advice:
            assert not through(source, tmp_path / f"other{advice}")
            assert codecs(tmp_path / f"other{advice}") == codecs(source)
    else:
        assert said == ()
        assert codecs(out) == codecs(source)
    before, after = observe(source), observe(out)
    assert len(after.times) == 50
    assert len(after.clicks) == len(before.clicks) == 4
    assert after.apart == pytest.approx(before.apart, abs=SYNC_S)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("codec", ["wmav2", "adpcm_ms", "pcm_alaw", "wavpack", "tta"])
def test_encoded_sound_of_a_part_is_in_place(film, observe, tmp_path, codec, suffix):
    part = spans.between("0.6", "1.6")
    through(film(codec), tmp_path / f"out{suffix}", sound="encode", part=part)
    seen = observe(tmp_path / f"out{suffix}")
    before = observe(film(codec))
    assert len(seen.times) == 25
    assert len(seen.clicks) == 2
    assert seen.apart == pytest.approx(before.apart[1:3], abs=SYNC_S)


def test_all_sound_is_encoded_or_left_out_as_asked(film, observe, tmp_path):
    for suffix, codec, expected in ((".mp4", "flac", "aac"), (".mkv", "pcm_u8", "flac")):
        out = tmp_path / f"out{suffix}"
        assert through(film(codec), out, sound="encode") == ()
        assert codecs(out) == [expected]
        assert observe(out).apart == pytest.approx([0.0] * 4, abs=SYNC_S)
    assert through(film("flac"), tmp_path / "silent.mp4", sound="none") == ()
    assert codecs(tmp_path / "silent.mp4") == []


def test_a_track_of_an_unknown_codec_is_left_out(write_film, observe, tmp_path):
    """As a phone's second track of spatial sound."""
    source = write_film(tmp_path / "in.mp4")
    with av.open(str(source)) as before, av.open(str(tmp_path / "two.mp4"), "w") as after:
        streams = [*before.streams, before.streams.audio[0]]
        copies = [after.add_stream_from_template(stream) for stream in streams]
        for packet in before.demux():
            if packet.dts is None:
                continue
            index = packet.stream.index
            again = av.Packet(bytes(packet))
            again.pts, again.dts, again.duration = packet.pts, packet.dts, packet.duration
            again.time_base = packet.time_base
            packet.stream = copies[index]
            after.mux(packet)
            if index == 1:
                again.stream = copies[2]
                after.mux(again)
    content = (tmp_path / "two.mp4").read_bytes()
    last = content.rindex(b"mp4a")
    (tmp_path / "two.mp4").write_bytes(
        content[:last] + b"apac" + content[last + 4 :].replace(b"esds", b"free")
    )
    for suffix in (".mp4", ".mkv", ".mov"):
        (line,) = through(tmp_path / "two.mp4", tmp_path / f"out{suffix}")
        assert line.startswith("stream 2 (audio, ")
        assert "no sound that can be read" in line
        assert codecs(tmp_path / f"out{suffix}") == ["aac"]
        assert observe(tmp_path / f"out{suffix}").apart == pytest.approx([0.0] * 4, abs=SYNC_S)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
@pytest.mark.parametrize("into", [".mp4", ".mkv", ".mov"])
def test_a_track_without_a_packet_does_not_stop_the_picture(write_film, tmp_path, suffix, into):
    source = write_film(tmp_path / "in.mp4", encoder={"bf": "0"})
    with (
        av.open(str(source)) as before,
        av.open(str(tmp_path / f"empty{suffix}"), "w") as after,
    ):
        copies = [after.add_stream_from_template(stream) for stream in before.streams]
        for packet in before.demux(video=0):
            if packet.dts is not None:
                packet.stream = copies[0]
                after.mux(packet)
    through(tmp_path / f"empty{suffix}", tmp_path / f"out{into}")
    with av.open(str(tmp_path / f"out{into}")) as container:
        assert len(list(container.decode(video=0))) == 50


def test_broken_packets_of_sound_are_told_of(write_film, tmp_path):
    """Of ADTS, which .mp4 holds without its headers."""
    source = write_film(tmp_path / "in.ts")
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        places = [packet.pos for packet in container.demux(audio=0) if packet.size]
    for place in places[20:23]:
        at = content.index(b"\xff\xf1", place)
        content[at : at + 2] = b"\x00\x00"
    source.write_bytes(bytes(content))
    said = through(source, tmp_path / "out.mp4")
    assert any("stream 1 (audio, aac) of in.ts are broken" in line for line in said)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert len(list(container.decode(video=0))) == 50
