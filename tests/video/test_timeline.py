"""Packets of known times: where a timeline goes on, and where it lets them be."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import pytest

from jaxswap.video import followers, timeline

TICK = Fraction(1, 90000)
FRAME = 3600  # of a transport stream, in ticks


@pytest.fixture(scope="module")
def opened(write_film, tmp_path_factory) -> Iterator[Callable[[str], av.container.InputContainer]]:
    """A film of two seconds in a format, opened: only its headers are asked."""
    folder = tmp_path_factory.mktemp("films")
    containers = []

    def open_one(suffix: str) -> av.container.InputContainer:
        path = folder / f"film{suffix}"
        containers.append(av.open(str(path if path.exists() else write_film(path))))
        return containers[-1]

    yield open_one
    for container in containers:
        container.close()


@pytest.fixture
def line(opened) -> timeline.Timeline:
    container = opened(".ts")
    return timeline.Timeline(container.streams.video[0], container)


def packet(pts: int | None, *, dts: int | None = None, key: bool = False):
    one = av.Packet(b"x")
    one.pts, one.dts = pts, pts if dts is None else dts
    one.duration, one.time_base, one.is_keyframe = FRAME, TICK, key
    return one


def moved(line: timeline.Timeline, packets) -> list[int]:
    """Presentation times of the packets that are left, in frames."""
    return [one.pts // FRAME for one in packets if line.move(one)]


def group(start: int, *, leading: bool = False) -> list:
    """A key frame and what refers to it, in the order of decoding: I P B B P B B."""
    order = [2, 0, 1, 5, 3, 4, 6] if leading else [0, 3, 1, 2, 6, 4, 5]
    return [
        packet((start + shown) * FRAME, dts=(start + place - 2) * FRAME, key=place == 0)
        for place, shown in enumerate(order)
    ]


@pytest.mark.parametrize("leading", [False, True], ids=["closed groups", "open groups"])
def test_b_frames_are_no_fall(line, leading):
    packets = [*group(0, leading=leading), *group(7, leading=leading)]
    assert sorted(moved(line, packets)) == list(range(14))
    assert line.joins == []


def test_frames_of_one_time_are_no_fall(line):
    assert moved(line, [packet(t * FRAME, key=True) for t in (0, 1, 1, 2)]) == [0, 1, 1, 2]
    assert line.joins == []


def test_a_pause_is_no_leap(line):
    assert moved(line, [packet(t * FRAME, key=True) for t in (0, 1, 240, 241)]) == [0, 1, 240, 241]
    assert line.joins == []


def test_what_follows_a_fall_begins_where_what_was_before_ends(line):
    assert sorted(moved(line, [*group(100), *group(3)])) == list(range(100, 114))
    (join,) = line.joins
    assert (join.at, join.shift, join.step) == (107 * FRAME, 104 * FRAME, -104 * FRAME)


def test_pictures_that_lead_behind_a_join_are_left_out(line):
    """They change pictures that were before the cut, and would be shown before the join."""
    assert sorted(moved(line, [*group(100), *group(3, leading=True)])) == [*range(100, 112)]
    assert len(line.joins) == 1


def test_a_join_in_the_middle_of_a_group(line):
    assert sorted(moved(line, [*group(100), *group(101)[1:]])) == list(range(100, 111))


def test_one_wild_time_does_not_move_what_follows(line):
    packets = [packet(t * FRAME, key=t % 5 == 0) for t in range(10)]
    packets[4].pts = packets[4].dts = 10**9
    assert moved(line, packets) == list(range(10))
    assert [join.step > 0 for join in line.joins] == [True, False]


def test_matroska_may_leap_within_its_duration_alone(opened):
    container = opened(".mkv")
    picture = container.streams.video[0]
    line = timeline.Timeline(picture, container)
    furthest = timeline.Furthest(picture, container)
    assert not furthest.is_beyond(11_000, after=0)  # its header says 2 s, and may be an estimate
    assert furthest.is_beyond(13_000, after=0)
    assert line.joins == []


@pytest.fixture
def follower(opened) -> tuple[followers.Follower, timeline.Timeline]:
    container = opened(".ts")
    picture, sound = container.streams.video[0], container.streams.audio[0]
    line = timeline.Timeline(picture, container)
    return followers.Follower(sound, container, line, picture=picture), line


def placed(follower: followers.Follower, packets) -> list[int]:
    return [one.dts // FRAME for one in packets if follower.place(one)]


def test_sound_that_steps_back_alone_loses_what_lies_over_the_rest(follower):
    sound, line = follower
    assert placed(sound, [packet(t * FRAME) for t in (0, 1, 2, 1, 2, 3, 4)]) == [0, 1, 2, 2, 3, 4]
    assert line.joins == []


def test_sound_that_begins_again_alone_goes_on(follower):
    sound, _ = follower
    assert placed(sound, [packet(t * FRAME) for t in (100, 101, 0, 1)]) == [100, 101, 102, 103]


def test_sound_follows_the_pictures_behind_a_join(follower):
    """It need not fall back itself."""
    sound, line = follower
    line.move(packet(0, key=True))
    assert not sound.waits(packet(0))
    assert placed(sound, [packet(0)]) == [0]
    line.move(packet(FRAME))
    line.move(packet(FRAME // 2, dts=0, key=True))  # falls back by one and a half
    late = packet(2 * FRAME)
    assert sound.place(late)
    assert late.dts == 3 * FRAME + FRAME // 2


def test_sound_that_falls_back_waits_for_the_pictures(follower):
    sound, line = follower
    line.move(packet(100 * FRAME, key=True))
    assert placed(sound, [packet(100 * FRAME)]) == [100]
    assert sound.waits(packet(0))
    line.move(packet(0, key=True))
    assert not sound.waits(packet(0))
    assert placed(sound, [packet(0)]) == [101]
