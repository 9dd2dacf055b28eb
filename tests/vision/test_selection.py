import numpy as np
import pytest

from jaxswap.vision import detection, selection


def face(x: float, size: float) -> detection.Detection:
    box = np.array([x, 50.0, x + size, 50.0 + size])
    return detection.Detection(box=box, score=0.99, landmarks=np.zeros((5, 2)))


LEFT, RIGHT = face(0, 60), face(200, 80)


def test_the_person_is_followed_and_not_the_size():
    picks = selection.Selection(0, max_gap_s=1.0)
    assert picks.pick([LEFT, RIGHT], 0.0) == [1]
    for step in range(1, 10):  # the left face grows beyond the right one, and the order changes
        frame = [face(200, 80), face(0, 60 + 8 * step)]
        assert picks.pick(frame, step / 25) == [0]


def test_a_short_gap_gives_the_face_to_nobody_else():
    picks = selection.Selection(0, max_gap_s=1.0)
    assert picks.pick([LEFT, RIGHT], 0.0) == [1]
    assert picks.pick([LEFT], 0.5) == []
    assert picks.pick([], 0.6) == []
    assert picks.pick([LEFT, RIGHT], 0.9) == [1]


def test_after_a_long_gap_the_choice_is_made_anew():
    picks = selection.Selection(0, max_gap_s=1.0)
    assert picks.pick([LEFT, RIGHT], 0.0) == [1]
    assert picks.pick([LEFT], 0.9) == []
    assert picks.pick([LEFT], 1.1) == [0]
    assert picks.pick([RIGHT, LEFT], 1.2) == [1]


def test_second_largest_waits_for_two():
    picks = selection.Selection(1, max_gap_s=1.0)
    assert picks.pick([RIGHT], 0.0) == []
    assert picks.pick([RIGHT, LEFT], 0.1) == [1]
    assert picks.pick([LEFT], 0.2) == [0]


def test_all_takes_all():
    picks = selection.Selection("all", max_gap_s=1.0)
    assert picks.pick([LEFT, RIGHT], 0.0) == [0, 1]
    assert picks.pick([], 0.1) == []


@pytest.mark.parametrize(("wanted", "chosen"), [(0, [1]), (1, [0]), (2, [])])
def test_single_pictures_go_by_size(wanted, chosen):
    picks = selection.Selection(wanted, max_gap_s=1.0, follow=False)
    assert picks.pick([LEFT, RIGHT], 0.0) == chosen
    assert picks.pick([face(400, 30)], 1.0) == ([0] if wanted == 0 else [])
