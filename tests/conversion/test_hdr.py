"""What footage says about its dynamic range, as FFmpeg holds it and as encoders want it."""

import struct

import pytest

from jaxswap.conversion import hdr

POINTS = [(34, 50), (16, 50), (13, 50), (35, 50), (7, 50), (3, 50), (15, 50), (16, 50)]
LUMINANCES = [(1, 200), (1000, 1)]  # the darkest comes first


def data(points=POINTS, luminances=LUMINANCES, *, flags=(1, 1)) -> bytes:
    """FFmpeg's AVMasteringDisplayMetadata, in the order of its fields."""
    numbers = [number for pair in (*points, *luminances) for number in pair]
    return struct.pack("=20i2i", *numbers, *flags)


def test_the_fields_are_read_in_their_order():
    values = hdr._display(data())
    assert values == pytest.approx((0.68, 0.32, 0.26, 0.7, 0.14, 0.06, 0.3, 0.32, 0.005, 1000))


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        data()[:-1],
        b"\0" * 88,
        data(flags=(0, 1)),
        data(flags=(1, 0)),
        data([(1, 0), *POINTS[1:]]),
        data([(1, -2), *POINTS[1:]]),
        data([(51, 50), *POINTS[1:]]),
        data([(-1, 50), *POINTS[1:]]),
        data(luminances=[(1, 200), (100_001, 1)]),
        data(luminances=[(-1, 200), (1000, 1)]),
    ],
)
def test_what_makes_no_sense_is_left_out(hostile):
    assert hdr._display(hostile) is None


def test_encoders_are_given_green_blue_red_white_and_light():
    light = hdr.Hdr(
        chromaticities=(0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
        luminances=(1000.0, 0.005),
        light_levels=None,
    )
    assert light.display(lambda value, units: str(round(value * units))) == (
        "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    )
    assert not light.empty
    assert hdr.NONE.empty
    assert hdr.NONE.display(lambda value, units: "") is None


def test_light_levels_alone_are_something_to_say():
    light = hdr.Hdr(chromaticities=None, luminances=None, light_levels=(1000, 400))
    assert not light.empty
    assert light.display(lambda value, units: "") is None
