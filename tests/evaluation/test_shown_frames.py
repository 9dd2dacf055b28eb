"""Which frames the report shows."""

import numpy as np
import pytest

from jaxswap.evaluation import candidate, clip, series, shown_frames


def columns(names, **values) -> series.Series:
    """A row a value; all else is not known."""
    rows = series.Series(names)
    for index in range(len(next(iter(values.values())))):
        rows.append(**{name: column[index] for name, column in values.items()})
    return rows


def footage(count, *, every_s=0.1, found=None):
    times = [index * every_s for index in range(count)]
    return columns(clip.COLUMNS, time_s=times, found=[1] * count if found is None else found)


def rows(**values):
    return columns(candidate.COLUMNS, **values)


def of_kind(chosen, word):
    return [choice.row for choice in chosen if word in choice.reason]


def test_the_worst_of_a_kind_lie_apart():
    values = [0.0] * 20
    values[3], values[4], values[15], values[9] = 0.4, 0.3, 0.2, 0.1
    chosen = shown_frames.choose(footage(20), {"x": rows(landmark_error=values)})
    assert of_kind(chosen, "landmark error") == [3, 15]  # 4 looks like 3, two are enough
    worst = chosen[0]
    assert (worst.candidate, worst.reason) == ("x", "landmark error 40.0%")


def test_what_is_not_known_or_nothing_is_not_the_worst():
    nothing = {"x": rows(seam=[np.nan, 0.0, np.nan])}
    assert of_kind(shown_frames.choose(footage(3), nothing), "seam") == []


def test_lost_and_unswapped_frames_have_a_reason_of_their_own():
    few = rows(swapped=[1] * 8 + [0, np.nan], found=[1] * 9 + [0])
    chosen = shown_frames.choose(footage(10), {"x": few})
    assert of_kind(chosen, "not swapped") == [8]
    assert of_kind(chosen, "the face is lost") == [9]


def test_of_a_clip_that_is_hardly_swapped_no_frame_is_the_exception():
    chosen = shown_frames.choose(footage(10), {"x": rows(swapped=[1] * 5 + [0] * 5)})
    assert of_kind(chosen, "not swapped") == []


def test_some_frames_with_a_face_are_shown_evenly_over_the_clip():
    found = [0] * 40 + [1] * 60
    even = shown_frames.choose(footage(100, found=found), {})
    assert [choice.row for choice in even] == [45, 55, 65, 75, 85, 95]
    assert [choice.row for choice in even if choice.whole] == [45, 65, 95]
    assert {choice.candidate for choice in even} == {None}


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [0]), (3, [0, 1, 2])])
def test_each_frame_of_a_short_clip_is_shown_once(count, expected):
    even = shown_frames.choose(footage(count) if count else series.Series(clip.COLUMNS), {})
    assert [choice.row for choice in even] == expected


def test_a_large_frame_is_made_small_and_a_small_one_stays():
    large_u8 = np.zeros((300, 960, 3), np.uint8)
    assert shown_frames._small(large_u8).shape == (150, 480, 3)
    assert shown_frames._small(large_u8[:, :480]).shape == (300, 480, 3)
    assert shown_frames._small(np.zeros((1, 4000, 3), np.uint8)).shape == (1, 480, 3)
