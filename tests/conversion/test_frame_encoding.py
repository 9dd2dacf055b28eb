"""Times of packets: when each picture is seen, and for how long."""

import io
from fractions import Fraction

import av
import pytest

from jaxswap import config, footage
from jaxswap.conversion import encoders, frame_encoding, sources

UNIT = Fraction(1, 12800)


@pytest.fixture
def make_encoder(make_clip, smooth_images):
    """An encoder of a small video's frames, and those frames."""
    path = make_clip(smooth_images(4, height=64))
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    containers = []

    def make(codec):
        source = sources.of(footage.probe(path))
        encoder = encoders.of(config.ConvertConfig(codec=codec))
        coding = frame_encoding.coding_of(source, encoder)
        container = av.open(io.BytesIO(), "w", format="matroska")
        containers.append(container)
        video = frame_encoding.add_stream(container, source=source, encoder=encoder, coding=coding)
        container.start_encoding()
        assert video.codec_context.time_base == UNIT
        made = frame_encoding.FrameEncoder(video.codec_context, coding=coding, codec=codec)
        return made, frames

    yield make
    for container in containers:
        container.close()


def times(made, frames, pts, **finish):
    """Time and duration of each picture, in the order in which they are seen."""
    packets = []
    for frame, at in zip(frames, pts, strict=False):
        packets += made.encode(frame, pts=at)
    packets += made.finish(**finish)
    assert [packet.dts for packet in packets] == sorted({packet.dts for packet in packets})
    return sorted((packet.pts, packet.duration) for packet in packets)


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_picture_is_seen_until_the_next_and_the_last_to_the_end(make_encoder, codec, count):
    made, frames = make_encoder(codec)
    pts, end = [0, 512, 700, 2000][:count], [600, 1000, None, 2500][count - 1]
    assert times(made, frames, pts, end=end, exact=True) == [
        (at, after - at) for at, after in zip(pts, [*pts[1:], end], strict=True)
    ]


@pytest.mark.parametrize(
    ("end", "exact", "duration"),
    [
        (1500, False, 476),  # believable: other frames are seen for as long
        (9000, False, 512),  # as the frame itself says
        (9000, True, 9000 - 1024),
        (1000, True, 512),  # over before it is seen
        (None, False, 512),
    ],
)
def test_an_end_is_used_where_it_is_believable_or_certain(make_encoder, end, exact, duration):
    made, frames = make_encoder("h264")
    assert times(made, frames, [0, 512, 1024], end=end, exact=exact)[-1] == (1024, duration)


def test_times_that_do_not_rise_come_one_tick_later(make_encoder):
    made, frames = make_encoder("h264")
    found = times(made, frames, [512, None, 100, 2000], end=2512)
    assert [at for at, _ in found] == [512, 513, 514, 2000]


def test_without_frames_there_is_nothing(make_encoder):
    made, _ = make_encoder("h264")
    assert made.finish(end=100, exact=True) == []
