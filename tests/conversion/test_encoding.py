"""Bits, chroma, dynamic range and codecs, from file to file: each output is decoded again."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import config, errors, footage
from jaxswap.conversion import canvas, encoders, hdr, outputs, sources
from jaxswap.provenance import marks, reading
from jaxswap.video import colorimetry, planes

MARK = marks.Mark(run_fingerprint="0123abcd", swaps=(marks.MarkedSwap(person="a", identity="b"),))
HDR_TAGS = (9, 1, 9, 16)  # BT.2020, limited range, PQ
HDR_DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


def write(
    path: Path,
    frames: list[av.VideoFrame],
    *,
    codec: str,
    tags: tuple[int, int, int, int] = (1, 1, 1, 1),
    **options: str,
) -> Path:
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, rate=25, options=options)
        video.width, video.height, video.pix_fmt = (
            frames[0].width,
            frames[0].height,
            frames[0].format.name,
        )
        made = video.codec_context
        made.colorspace, made.color_range, made.color_primaries, made.color_trc = tags
        for frame in frames:
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
    return path


def grainy(pix_fmt: str, *, width: int = 64, height: int = 48) -> list[av.VideoFrame]:
    """Frames of codes at random, all that the format can hold between black and white."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(3):
        frame = av.VideoFrame(width, height, pix_fmt)
        unit = 2 ** (frame.format.components[0].bits - 8)
        for plane in planes.views(frame):
            plane[...] = rng.integers(16 * unit, 235 * unit, plane.shape)
        made.append(frame)
    return made


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def through(source: Path, out: Path, *, box: canvas.Box | None = None, **options) -> list[str]:
    """Every frame through the output of a conversion; in `box`, if there is one, red is painted.

    Returns:
        what was lost.
    """
    reader = footage.FrameReader(source)
    output = outputs.make(reader.info, out, mark=MARK, options=config.ConvertConfig(**options))
    with output:
        for frame in reader:
            original = output.keep(frame)
            painted = None
            if box is not None:
                painted = output.open_canvas(original)
                shape = (box.y1 - box.y0, box.x1 - box.x0)
                red = np.broadcast_to(np.float32([0.9, 0.1, 0.1]), (*shape, 3)).copy()
                painted.mix(box, red, np.ones(shape, np.float32))
            output.write(original, painted)
    return list(output.notices.lines)


def pairs(before: Path, after: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each plane of each frame before and after."""
    for was, now in zip(decoded(before), decoded(after), strict=True):
        assert now.format.name == was.format.name
        yield from zip(planes.views(was), planes.views(now), strict=True)


@pytest.mark.parametrize("painted", [False, True])
@pytest.mark.parametrize(
    "pix_fmt",
    ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv422p12le"],
)
def test_lossless_output_is_the_input_to_the_bit_but_for_the_face(tmp_path, pix_fmt, painted):
    source = write(tmp_path / "in.mkv", grainy(pix_fmt), codec="ffv1")
    box = canvas.Box(16, 8, 40, 32)
    lost = through(source, tmp_path / "out.mkv", codec="ffv1", box=box if painted else None)
    assert lost == []
    for was, now in pairs(source, tmp_path / "out.mkv"):
        dy, dx = 48 // was.shape[0], 64 // was.shape[1]
        outside = np.ones(was.shape, bool)
        if painted:
            outside[8 // dy : 32 // dy, 16 // dx : 40 // dx] = False
            assert (was != now)[~outside].mean() > 0.8
        np.testing.assert_array_equal(was[outside], now[outside])
    assert reading.read(tmp_path / "out.mkv") == MARK


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "options"),
    [
        ("libx264", "yuv420p10le", {"qp": "0", "preset": "ultrafast"}),
        ("libx264", "yuv422p10le", {"qp": "0", "preset": "ultrafast"}),
        ("libx265", "yuv420p10le", {"x265-params": "lossless=1:log-level=none"}),
        ("libx265", "yuv444p10le", {"x265-params": "lossless=1:log-level=none"}),
        ("prores_ks", "yuv422p10le", {}),
        ("ffv1", "yuv444p10le", {}),
    ],
)
def test_ten_bits_stay_ten_bits(tmp_path, codec, pix_fmt, options):
    slope = np.linspace(300, 310, 64)  # codes between two levels of 8 bits, which would be lost
    frames = []
    for frame in grainy(pix_fmt, height=64):
        for plane in planes.views(frame):
            plane[...] = 512
        planes.views(frame)[0][...] = np.rint(slope)
        frames.append(frame)
    source = write(
        tmp_path / "in.mov" if codec != "ffv1" else tmp_path / "in.mkv",
        frames,
        codec=codec,
        **options,
    )
    for name in ("h264", "h265", "ffv1"):
        out = tmp_path / f"{name}.mkv"
        assert through(source, out, codec=name, crf="auto" if name == "ffv1" else 1) == []
        for was, now in pairs(source, out):
            assert np.abs(was.astype(int) - now).max() <= 2
        luma = planes.views(decoded(out)[0])[0]
        assert len(np.unique(luma)) >= 9


def test_ten_bits_are_painted_in_ten_bits(tmp_path):
    source = write(tmp_path / "in.mkv", grainy("yuv420p10le"), codec="ffv1")
    reader = footage.FrameReader(source)
    options = config.ConvertConfig(codec="ffv1")
    output = outputs.make(reader.info, tmp_path / "out.mkv", mark=MARK, options=options)
    slope = np.linspace(0.400, 0.408, 64, dtype=np.float32)  # two levels of 8 bits
    face = np.ascontiguousarray(np.broadcast_to(slope[None, :, None], (48, 64, 3)))
    with output:
        for frame in reader:
            original = output.keep(frame)
            painted = output.open_canvas(original)
            painted.mix(canvas.Box(0, 0, 64, 48), face, np.ones((48, 64), np.float32))
            output.write(original, painted)
    luma = planes.views(decoded(tmp_path / "out.mkv")[0])[0]
    np.testing.assert_allclose(luma[0], 64 + 876 * slope, atol=0.51)
    assert len(np.unique(luma)) >= 7


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
def test_high_dynamic_range_is_said_again(tmp_path, codec):
    params = f"master-display={HDR_DISPLAY}:max-cll=1000,400:log-level=none:chromaloc=2"
    source = write(
        tmp_path / "in.mp4",
        grainy("yuv420p10le", height=64),
        codec="libx265",
        tags=HDR_TAGS,
        **{"x265-params": params},
    )
    before = hdr.Hdr.of(decoded(source)[0])
    assert before.light_levels == (1000, 400)
    assert before.luminances == pytest.approx((1000, 0.005))
    assert before.chromaticities == pytest.approx(
        (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)
    )
    assert through(source, tmp_path / "out.mp4", codec=codec) == []
    first = decoded(tmp_path / "out.mp4")[0]
    after = hdr.Hdr.of(first)
    assert after.light_levels == before.light_levels
    assert after.luminances == pytest.approx(before.luminances, rel=1e-3)
    assert after.chromaticities == pytest.approx(before.chromaticities, abs=1e-4)
    assert (first.colorspace, first.color_primaries, first.color_trc) == (9, 9, 16)
    assert planes.chroma_site(first) == planes.ChromaSite(0.0, 0.0)


@pytest.mark.parametrize("site", [0, 1, 2])
@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "ffv1"])
def test_where_chroma_lies_is_said_again_or_reported(tmp_path, codec, site):
    params = {"x264-params": f"chromaloc={site}"}
    source = write(tmp_path / "in.mp4", grainy("yuv420p", height=64), codec="libx264", **params)
    lost = through(source, tmp_path / "out.mkv", codec=codec)
    if codec == "ffv1":
        assert [line.split(" lie")[0] for line in lost] == (
            ["out.mkv does not say where its colour samples"] if site == 2 else []
        )
        return
    was, now = (planes.chroma_site(decoded(path)[0]) for path in (source, tmp_path / "out.mkv"))
    assert (was.h273, now.h273, lost) == (site, site, [])


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "ffv1"])
def test_every_codec_and_suffix_plays(tmp_path, smooth_images, make_clip, read_streams, codec):
    source = make_clip(smooth_images(4, height=64), audio=["aac"])
    for suffix in encoders.SUFFIXES[codec]:
        out = tmp_path / f"out{suffix}"
        assert through(source, out, codec=codec) == []
        before, after = map(read_streams, (source, out))
        assert len(after.times) == 4
        assert len(after.packets[0]) == len(before.packets[0])
        assert np.abs(np.subtract(before.images, after.images, dtype=float)).mean() < 1.5
        assert reading.read(out) == MARK
        again = tmp_path / f"again{suffix}"
        through(source, again, codec=codec)
        assert again.read_bytes() == out.read_bytes()
        with av.open(str(out)) as container:
            if codec == "h265" and suffix != ".mkv":
                assert container.streams.video[0].codec_context.codec_tag == "hvc1"
            assert container.streams.video[0].codec_context.name.startswith(
                {"h265": "hevc", "av1": ("libdav1d", "av1")}.get(codec, codec)
            )


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@pytest.mark.parametrize("num", [1, 2, 3])
def test_short_videos(tmp_path, smooth_images, make_clip, read_streams, codec, num):
    source = make_clip(smooth_images(num, height=64), audio=["aac"])
    times = read_streams(source).times
    for _ in range(10):  # x265 takes times of so few from memory that it never wrote
        through(source, tmp_path / "out.mp4", codec=codec)
        assert read_streams(tmp_path / "out.mp4").times == times


def test_what_a_codec_cannot_hold_is_said(tmp_path):
    source = write(tmp_path / "in.mkv", grainy("yuv444p12le", height=64), codec="ffv1")
    assert through(source, tmp_path / "out.mp4", codec="h264") == [
        "2 of 12 bits of colour, which h264 cannot hold"
    ]
    lost = through(source, tmp_path / "out.mkv", codec="av1")
    assert lost == [
        "2 of 12 bits of colour, which av1 cannot hold",
        "colour at full resolution, which av1 cannot hold",
    ]
    odd = write(tmp_path / "odd.mkv", grainy("yuv444p", width=65, height=67), codec="ffv1")
    with pytest.raises(errors.OutputError, match=r"av1 holds no frames of 65x67 .* --codec h264"):
        through(odd, tmp_path / "odd.mp4", codec="av1")
    small = write(tmp_path / "small.mkv", grainy("yuv420p", width=48, height=64), codec="ffv1")
    with pytest.raises(errors.OutputError, match=r"48x64 .* least side is 64.*--codec h264"):
        through(small, tmp_path / "small.mp4", codec="h265")
    through(odd, tmp_path / "odd_out.mkv", codec="ffv1")
    for was, now in pairs(odd, tmp_path / "odd_out.mkv"):
        np.testing.assert_array_equal(was, now)


def test_rgb_and_transparency(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 4), dtype=np.uint8)
    image[..., :3] = 40 + image[..., :3] // 2
    frame = av.VideoFrame.from_ndarray(image, format="rgba").reformat(format="bgra")
    source = write(tmp_path / "in.mkv", [frame], codec="ffv1", tags=(0, 2, 1, 13))
    lost = through(source, tmp_path / "out.mkv", codec="ffv1")
    assert lost == ["transparency, which the output has not"]
    now = decoded(tmp_path / "out.mkv")[0]
    read_u8 = colorimetry.rgb_u8_from_frame(now, site=planes.DEFAULT_SITE)
    assert now.format.name == "yuv444p"
    assert np.abs(read_u8.astype(int) - image[..., :3]).max() <= 2


def test_the_source_is_told_by_its_headers(tmp_path):
    source = write(tmp_path / "in.mkv", grainy("yuv422p10le"), codec="ffv1", tags=(9, 2, 9, 18))
    found = sources.of(footage.probe(source))
    assert (found.width, found.height, found.pix_fmt) == (64, 48, "yuv422p10le")
    assert found.tags == colorimetry.ColorTags(9, 2, 9, 18)
    assert found.light.empty


def test_lossless_has_no_factor():
    with pytest.raises(ValueError, match="leave it out"):
        config.ConvertConfig(codec="ffv1", crf=3)
    with pytest.raises(ValueError, match=r"0\.\.51"):
        config.ConvertConfig(crf=60)
    assert config.ConvertConfig(codec="av1", crf=60).crf == 60
