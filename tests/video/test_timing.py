"""Times that FFmpeg gives, and those that it leaves out."""

from fractions import Fraction

import av
import pytest

from jaxswap import errors
from jaxswap.video import timing


def test_a_stream_that_was_read_has_its_unit(demo_clips):
    with av.open(str(demo_clips["a_test"])) as container:
        stream = container.streams.video[0]
        assert timing.unit(stream) == stream.time_base > 0


def test_a_stream_without_a_unit_is_refused(tmp_path):
    with av.open(str(tmp_path / "new.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.time_base = Fraction(0)
        with pytest.raises(errors.FootageError, match=r"Stream 0 counts time in no unit.*ffmpeg"):
            timing.unit(stream)


def test_a_packet_says_when_it_is_decoded_and_shown():
    packet = av.Packet(b"x")
    packet.pts, packet.dts = 7, -2
    assert (timing.presentation(packet), timing.decoding(packet)) == (7, -2)


def test_a_packet_that_leaves_its_times_out_is_refused():
    packet = av.Packet(b"x")
    with pytest.raises(errors.FootageError, match=r"when it is shown.*ffmpeg"):
        timing.presentation(packet)
    with pytest.raises(errors.FootageError, match=r"when it is decoded.*ffmpeg"):
        timing.decoding(packet)
