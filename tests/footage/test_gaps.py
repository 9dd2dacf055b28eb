"""Gaps in the times of frames are told of, and ordinary variable rates are not."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import footage
from jaxswap.footage import gaps
from jaxswap.video import timeline

MS = Fraction(1, 1000)
INFO = footage.FootageInfo(path=Path("clip.mp4"), kind="video", width=8, height=8, num_frames=9)


@pytest.fixture
def seen(write_film, tmp_path):
    """A follower of times in milliseconds."""
    with av.open(str(write_film(tmp_path / "clip.mp4", seconds=0.2))) as container:
        line = timeline.Timeline(container.streams.video[0], container)
    return gaps.Gaps(INFO, time_base=MS, line=line)


def lines_of(seen: gaps.Gaps, times: Sequence[int]) -> list[str]:
    for time in times:
        seen.add(time)
    return list(seen.lines())


def test_a_gap_in_a_regular_rate_is_told_of(seen):
    times = [40 * index for index in range(100) if not 40 <= index < 63]
    assert lines_of(seen, times) == ["clip.mp4 has no picture from 1.60 s to 2.52 s"]


def test_many_gaps_are_three_lines_and_a_sum(seen):
    times = [40 * index for index in range(600) if index % 60 < 50]
    (*named, rest) = lines_of(seen, times)
    assert len(named) == 3
    assert rest == "clip.mp4 has no picture in 6 more places, 2.4 s in all"


VARIABLE = {
    "a phone in the dark": [33] * 40 + [66] * 30 + [33] * 40 + [66, 33, 100, 33, 66] * 20,
    "a phone that stumbles": [33] * 50 + [200] + [33] * 50,
    "a screen's recording": [16, 16, 500, 16, 900, 16, 16, 2000] * 10,
    "a slide show": [5000] * 20,
    "jitter": [30, 36, 33, 41, 25] * 40,
    "a second of frames": [40] * 5 + [3000] + [40] * 5,
}


@pytest.mark.parametrize("steps", VARIABLE.values(), ids=VARIABLE)
def test_variable_rates_are_no_gaps(seen, steps):
    assert lines_of(seen, list(itertools.accumulate([0, *steps]))) == []


def test_times_that_stand_or_fall_rise_and_are_told_of(seen):
    assert [seen.add(time) for time in (0, 40, 40, 80, 60, 120)] == [0, 40, 41, 80, 81, 120]
    (line,) = seen.lines()
    assert line.startswith("2 frames of clip.mp4 have no time later than the one before")


def broken(source: Path, path: Path, *, lost: Sequence[int]) -> Path:
    """The film without the picture packets whose numbers are `lost`."""
    with av.open(str(source)) as before, av.open(str(path), "w") as after:
        copies = {s.index: after.add_stream_from_template(s) for s in before.streams}
        number = -1
        for packet in before.demux():
            number += packet.stream.type == "video"
            if packet.dts is not None and not (packet.stream.type == "video" and number in lost):
                packet.stream = copies[packet.stream.index]
                after.mux(packet)
    return path


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".mp4", ".flv"])
def test_packets_that_are_missing_are_told_of(write_film, tmp_path, suffix):
    how = (
        {"picture": "flv", "sound": None}
        if suffix == ".flv"
        else {"encoder": {"bf": "0", "sc_threshold": "0"}}
    )
    whole = write_film(tmp_path / f"whole{suffix}", seconds=4, **how)
    path = broken(whole, tmp_path / f"clip{suffix}", lost=range(40, 60))
    reader = footage.FrameReader(path)
    assert len(list(reader)) == 80
    (line,) = reader.notices.lines
    begin, end = (float(word) for word in line.split() if word.replace(".", "", 1).isdigit())
    assert line.startswith(f"clip{suffix} has no picture from ")
    assert (begin, end) == pytest.approx((1.6, 2.4), abs=0.09)


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_broken_bytes_in_the_middle_are_told_of(write_film, tmp_path, suffix):
    path = write_film(tmp_path / f"clip{suffix}", seconds=4, encoder={"crf": "10"})
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = np.random.default_rng(0).bytes(third)
    path.write_bytes(bytes(content))
    reader = footage.FrameReader(path)
    assert 10 < len(list(reader)) < 90
    assert any("clip" in line and "no picture from" in line for line in reader.notices.lines)
