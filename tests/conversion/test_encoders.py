"""What each codec can hold, and the options that encoders are given."""

import pytest

from jaxswap import config, errors
from jaxswap.conversion import encoders, hdr
from jaxswap.video import colorimetry, planes

LIGHT = hdr.Hdr(
    chromaticities=(0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
    luminances=(1000.0, 0.005),
    light_levels=(1000, 400),
)
TAGS = colorimetry.ColorTags(9, 1, 9, 16)


def encoder(codec, *, crf="auto", preset="veryfast"):
    return encoders.of(config.ConvertConfig(codec=codec, crf=crf, preset=preset))


@pytest.mark.parametrize(
    ("codec", "source", "size", "expected"),
    [
        ("h264", "yuv420p", (64, 48), "yuv420p"),
        ("h264", "yuvj420p", (64, 48), "yuv420p"),
        ("h264", "yuv422p10le", (64, 48), "yuv422p10le"),
        ("h264", "yuv444p12le", (64, 48), "yuv444p10le"),  # its most bits
        ("h265", "yuv444p12le", (64, 64), "yuv444p12le"),
        ("av1", "yuv444p", (64, 64), "yuv420p"),  # all that it has
        ("av1", "yuv422p12le", (64, 64), "yuv420p10le"),
        ("ffv1", "yuv444p16le", (64, 48), "yuv444p16le"),
        ("h264", "rgb24", (64, 48), "yuv444p"),
        ("h264", "gray", (64, 48), "yuv420p"),
        ("h264", "pal8", (64, 48), "yuv444p"),
        ("h264", "nv12", (64, 48), "yuv420p"),
        ("h264", "yuv411p", (64, 48), "yuv422p"),
        ("h264", None, (64, 48), "yuv420p"),
        ("h264", "yuv420p", (65, 48), "yuv444p"),  # chroma of a half pixel there is none
        ("ffv1", "yuv422p10le", (64, 47), "yuv444p10le"),
    ],
)
def test_bits_and_sharing_of_chroma_are_kept_or_come_nearest(codec, source, size, expected):
    width, height = size
    assert encoder(codec).pixel_format(source, width=width, height=height) == expected


@pytest.mark.parametrize(
    ("codec", "size", "message"),
    [
        ("h265", (62, 64), "h265 holds no frames of 62x64 pixels: its least side is 64"),
        ("h264", (1, 64), "h264 holds no frames of 1x64 pixels"),
        ("av1", (65, 64), "av1 holds no frames of 65x64 pixels: it needs even sides"),
    ],
)
def test_sizes_that_a_codec_does_not_hold_are_refused(codec, size, message):
    with pytest.raises(errors.OutputError, match=message):
        encoder(codec).pixel_format("yuv420p", width=size[0], height=size[1])


@pytest.mark.parametrize(
    ("source", "held", "lost"),
    [
        ("yuv420p10le", "yuv420p10le", []),
        ("yuv444p", "yuv420p", ["colour at full resolution"]),
        ("yuva420p", "yuv420p", ["transparency"]),
        ("ya8", "yuv420p", ["transparency"]),
        ("yuv422p12le", "yuv420p10le", ["2 of 12 bits of colour", "colour at full resolution"]),
    ],
)
def test_what_is_lost_is_said(source, held, lost):
    found = encoder("h264").lost(source, pix_fmt=held)
    assert [words.split(", which")[0] for words in found] == lost


def options(codec, *, site=planes.DEFAULT_SITE, light=hdr.NONE, **values):
    coding = colorimetry.Coding(TAGS, "yuv420p10le", site)
    return encoder(codec, **values).options(coding, light=light)


def test_quality_is_the_codecs_own_unless_one_is_named():
    assert [options(codec).get("crf") for codec in ("h264", "h265", "av1", "ffv1")] == [
        *("16", "17", "17"),
        None,
    ]
    assert options("h264", crf=30)["crf"] == "30"
    assert options("av1", preset="slow")["preset"] == "4"
    assert options("h265", preset="slow")["preset"] == "slow"


def test_the_number_of_threads_is_fixed():
    """The bytes of an output would depend on the machine's cores otherwise."""
    assert options("h264")["threads"] == "4"
    assert "pools=4" in options("h265")["x265-params"]
    assert "lp=4" in options("av1")["svtav1-params"]
    assert (options("ffv1")["threads"], options("ffv1")["slices"]) == ("4", "4")


def test_dynamic_range_is_said_in_each_encoders_words():
    whole = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    assert f"mastering-display={whole}:cll=1000,400" in options("h264", light=LIGHT)["x264-params"]
    h265 = options("h265", light=LIGHT)["x265-params"]
    assert f"master-display={whole}:max-cll=1000,400" in h265
    av1 = options("av1", light=LIGHT)["svtav1-params"]
    assert "mastering-display=G(0.265000,0.690000)B(0.150000,0.060000)" in av1
    assert av1.endswith("L(1000.000000,0.005000):content-light=1000,400")
    for codec, key in (("h264", "x264-params"), ("h265", "x265-params"), ("av1", "svtav1-params")):
        assert "display" not in options(codec)[key]


def test_where_chroma_lies_is_said_where_it_is_unusual():
    corner = planes.ChromaSite(0.0, 0.0)
    assert "chromaloc=2" in options("h264", site=corner)["x264-params"]
    assert "chromaloc" not in options("h264")["x264-params"]
