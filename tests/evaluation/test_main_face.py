"""Who is measured when there are several people."""

import numpy as np
import pytest

from jaxswap.evaluation import main_face
from jaxswap.faces import alignment, detection, finding


def face(x: float, *, side: float) -> finding.Face:
    box = np.array([x, 50.0, x + side, 50.0 + side])
    return finding.Face(
        detection=detection.Detection(box=box, score=1.0, landmarks=np.zeros((5, 2))),
        landmarks_468=alignment.mean_face() * side + box[:2],
        mesh_score=1.0,
    )


def test_the_largest_face_is_followed_even_when_another_grows():
    followed = main_face.MainFace(0, max_gap_s=1.0)
    first, other = face(100, side=80), face(300, side=60)
    assert followed.pick([other, first], 0.0) is first
    first, other = face(104, side=80), face(300, side=90)
    assert followed.pick([other, first], 0.04) is first


def test_the_second_can_be_wanted():
    followed = main_face.MainFace(1, max_gap_s=1.0)
    other = face(300, side=60)
    assert followed.pick([face(100, side=80)], 0.0) is None
    assert followed.pick([other, face(100, side=80)], 0.04) is other


def test_nobody_takes_the_place_of_one_who_is_gone_for_a_moment():
    followed = main_face.MainFace(0, max_gap_s=1.0)
    followed.pick([face(100, side=80), face(300, side=60)], 0.0)
    assert followed.pick([face(300, side=60)], 0.5) is None
    again = face(102, side=80)
    assert followed.pick([face(300, side=60), again], 0.9) is again


def test_after_the_gap_the_choice_is_made_anew():
    followed = main_face.MainFace(0, max_gap_s=1.0)
    followed.pick([face(100, side=80)], 0.0)
    other = face(300, side=60)
    assert followed.pick([other], 1.5) is other


def test_single_pictures_do_not_go_on_from_each_other():
    followed = main_face.MainFace(0, max_gap_s=10.0, follow=False)
    assert followed.pick([face(100, side=80), face(300, side=60)], 0.0) is not None
    larger = face(300, side=90)
    assert followed.pick([face(100, side=80), larger], 1.0) is larger


def test_a_frame_without_faces():
    assert main_face.MainFace(0, max_gap_s=1.0).pick([], 0.0) is None


@pytest.mark.parametrize(("shift", "same"), [(0, True), (30, True), (60, False), (500, False)])
def test_same_place(shift, same):
    other = face(100 + shift, side=80)
    assert main_face.same_place(face(100, side=80), [other]) is (other if same else None)


def test_same_place_takes_the_nearest():
    near = face(105, side=80)
    assert main_face.same_place(face(100, side=80), [face(130, side=80), near]) is near
    assert main_face.same_place(face(100, side=80), []) is None
