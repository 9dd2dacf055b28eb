"""Who is compared with whom when there are several people."""

import numpy as np
import pytest

from jaxswap.evaluation import matching
from jaxswap.faces import alignment, detection, finding


def face(x: float, *, side: float) -> finding.Face:
    box = np.array([x, 50.0, x + side, 50.0 + side])
    return finding.Face(
        detection=detection.Detection(box=box, score=1.0, landmarks=np.zeros((5, 2))),
        landmarks_468=alignment.mean_face() * side + box[:2],
        mesh_score=1.0,
    )


@pytest.mark.parametrize(("shift", "same"), [(0, True), (30, True), (60, False), (500, False)])
def test_same_place(shift, same):
    other = face(100 + shift, side=80)
    assert matching.same_place(face(100, side=80), [other]) is (other if same else None)


def test_same_place_takes_the_nearest():
    near = face(105, side=80)
    assert matching.same_place(face(100, side=80), [face(130, side=80), near]) is near
    assert matching.same_place(face(100, side=80), []) is None
