"""Whose faces are wanted, frame by frame and over whole footage."""

import numpy as np
import pytest

from jaxswap.vision import detection, finding, selection


def face(track: int, size: float) -> finding.Face:
    box = np.array([0.0, 0.0, size, size])
    found = detection.Detection(box=box, score=0.99, landmarks=np.zeros((5, 2)))
    return finding.Face(
        detection=found, landmarks_468=np.zeros((468, 2)), mesh_score=1.0, track=track
    )


LEFT, RIGHT = face(3, 60), face(4, 80)


def picker(wanted="main", *, moves=True) -> selection.Picker:
    return selection.Picker(wanted, max_gap_s=1.0, moves=moves)


def picked(picks: selection.Picker, faces, time_s: float) -> list[int]:
    return [one.track for one in picks.pick(faces, time_s)]


def test_the_main_person_is_followed_and_not_the_size():
    picks = picker()
    assert picked(picks, [LEFT, RIGHT], 0.0) == [4]
    for step in range(1, 10):  # the left face grows beyond the right one, and the order changes
        assert picked(picks, [face(4, 80), face(3, 60 + 8 * step)], step / 25) == [4]


def test_a_short_gap_gives_the_face_to_nobody_else():
    picks = picker()
    assert picked(picks, [LEFT, RIGHT], 0.0) == [4]
    assert picked(picks, [LEFT], 0.5) == []
    assert picked(picks, [], 0.6) == []
    assert picked(picks, [LEFT, RIGHT], 0.9) == [4]


def test_after_a_long_gap_the_choice_is_made_anew():
    picks = picker()
    assert picked(picks, [LEFT, RIGHT], 0.0) == [4]
    assert picked(picks, [LEFT], 0.9) == []
    assert picked(picks, [LEFT], 1.1) == [3]
    assert picked(picks, [RIGHT, LEFT], 1.2) == [3]


def test_a_number_is_that_track_and_nobody_takes_its_place():
    picks = picker(3)
    assert picked(picks, [RIGHT], 0.0) == []
    assert picked(picks, [RIGHT, LEFT], 0.1) == [3]
    assert picked(picks, [RIGHT], 9.0) == []


def test_all_takes_all():
    picks = picker("all")
    assert picked(picks, [LEFT, RIGHT], 0.0) == [3, 4]
    assert picked(picks, [], 0.1) == []


@pytest.mark.parametrize(("wanted", "chosen"), [("main", [0]), (0, [0]), (1, [1]), (2, [])])
def test_single_pictures_go_by_their_own_numbers(wanted, chosen):
    picks = picker(wanted, moves=False)
    assert picked(picks, [face(0, 80), face(1, 60)], 0.0) == chosen
    assert picked(picks, [face(0, 30)], 0.1) == ([0] if chosen == [0] else [])


def test_the_main_track_has_the_largest_faces_over_the_longest_time():
    tally = selection.Tally("main", moves=True)
    assert not tally.wants(0)
    leads = []
    for faces in ([face(0, 60)], [face(0, 60), face(1, 90)], [face(0, 60), face(1, 90)], []):
        tally.add(faces)
        leads.append([track for track in range(3) if tally.wants(track)])
    assert leads == [[0], [0], [0], [0]]  # 180 and 180: of two alike the one that came first
    tally.add([face(1, 90)])
    assert tally.wants(1)
    assert not tally.wants(0)


@pytest.mark.parametrize(("wanted", "tracks"), [(1, [1]), ("all", [0, 1, 2])])
def test_what_is_named_is_certain_from_the_beginning(wanted, tracks):
    tally = selection.Tally(wanted, moves=True)
    tally.add([face(0, 90)])
    assert [track for track in range(3) if tally.wants(track)] == tracks


def test_the_main_face_of_single_pictures_is_the_largest_of_each():
    tally = selection.Tally("main", moves=False)
    for _ in range(3):
        tally.add([face(0, 50), face(1, 200)])
    assert tally.wants(0)
    assert not tally.wants(1)
