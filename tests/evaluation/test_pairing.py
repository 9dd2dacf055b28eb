"""Clips of coloured frames: which goes with which is seen by the colour."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import errors, footage
from jaxswap.evaluation import pairing

LEVELS = range(0, 200, 20)


@pytest.fixture
def write(tmp_path):
    """A video whose frames have the grey levels `levels` at multiples of 1/`rate` s."""

    def write_levels(
        name: str, levels, *, rate: int = 25, times=None, size: int = 32
    ) -> footage.FrameReader:
        path: Path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264rgb", rate=rate, options={"qp": "0"})
            stream.pix_fmt, stream.width, stream.height = "rgb24", size, size
            stream.codec_context.time_base = stream.time_base = Fraction(1, rate)
            for index, level in enumerate(levels):
                image_u8 = np.full((size, size, 3), level, np.uint8)
                frame = av.VideoFrame.from_ndarray(image_u8, format="rgb24")
                frame.pts = index if times is None else times[index]
                frame.time_base = Fraction(1, rate)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return footage.FrameReader(path)

    return write_levels


def levels_of(reference, clip) -> tuple[pairing.Pairing, list[tuple[int, int | None]]]:
    """The levels of the frames of the footage, each with its partner's."""
    paired = pairing.Pairing(reference, {"x": clip})
    found = []
    for frame in reference:
        partners = paired.partners(frame)
        level = int(partners["x"][0, 0, 0]) if "x" in partners else None
        found.append((int(frame.image_u8[0, 0, 0]), level))
    return paired, found


def test_equal_numbers_pair_in_order_at_any_rate(write):
    paired, found = levels_of(write("a.mp4", LEVELS), write("b.mp4", LEVELS, rate=30))
    assert found == [(level, level) for level in LEVELS]
    assert not paired.by_time["x"]
    assert paired.finish() == {"x": 10}


def test_a_clip_that_ends_early_pairs_as_far_as_it_goes(write):
    paired, found = levels_of(write("a.mp4", LEVELS), write("b.mp4", LEVELS[:4]))
    assert found == [(level, level if level < 80 else None) for level in LEVELS]
    assert paired.by_time["x"]
    assert paired.finish() == {"x": 4}


def test_a_frame_that_was_left_out_is_missed_alone(write):
    times = [0, 1, 2, 4, 5, 6, 7, 8, 9]
    clip = write("b.mp4", [20 * time for time in times], times=times)
    _, found = levels_of(write("a.mp4", LEVELS), clip)
    assert found == [(level, level if level != 60 else None) for level in LEVELS]


def test_frames_between_those_of_the_footage_are_dropped(write):
    clip = write("b.mp4", [level // 2 * 2 for level in range(0, 200, 10)], rate=50)
    paired, found = levels_of(write("a.mp4", LEVELS), clip)
    assert found == [(level, level) for level in LEVELS]
    assert paired.by_time["x"]
    assert paired.finish() == {"x": 20}


def test_times_count_from_the_first_frame(write):
    clip = write("b.mp4", LEVELS[:5], times=range(40, 45))
    _, found = levels_of(write("a.mp4", LEVELS), clip)
    assert found[:5] == [(level, level) for level in LEVELS[:5]]


def test_another_size_is_refused(write):
    with pytest.raises(errors.FootageError, match=r"of x .*64x64 pixels.*32x32"):
        pairing.Pairing(write("a.mp4", LEVELS), {"x": write("b.mp4", LEVELS, size=64)})
