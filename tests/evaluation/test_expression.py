"""Landmark figures against displacements that are known beforehand."""

import numpy as np
import pytest
from scipy.spatial import transform

from jaxswap import geometry
from jaxswap.evaluation import agreement, expression, pose
from jaxswap.vision import alignment, mesh

LOWER_LIP = [87, 14, 317]
EYES = list(expression.REGIONS["eyes"])
MOUTH = list(expression.REGIONS["mouth"])


def face(frame: int) -> np.ndarray:
    """The mean face in pixels of a frame, drifting, turning and growing with time."""
    angle, scale = 0.02 * frame, 200 + 3 * frame
    turned = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (alignment.mean_face() - 0.5) @ turned.T + [300 + 4 * frame, 200]


def moved(landmarks: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """Landmarks after a displacement in eye distances, in the axes of the face."""
    face_from_frame = expression.axes(landmarks)
    frame_from_face = geometry.invert(face_from_frame)
    return geometry.apply(
        frame_from_face, geometry.apply(face_from_frame, landmarks) + displacement
    )


def figures(displacements: np.ndarray) -> expression.LandmarkErrors:
    with expression.Comparison() as comparison:
        for frame, displacement in enumerate(displacements):
            comparison.add(face(frame), moved(face(frame), displacement))
        return comparison.figures()


def bulge() -> np.ndarray:
    """A change of shape that leaves the points in place by which faces are aligned."""
    displacement = np.zeros((468, 2))
    displacement[list(expression.JAW)] = [0.3, 0.2]
    return displacement


def test_face_axes_put_the_eyes_at_half_a_unit():
    points = geometry.apply(expression.axes(face(3)), face(3))
    left, right = points[EYES[:16]].mean(0), points[EYES[16:]].mean(0)
    np.testing.assert_allclose(left, [-0.5, 0], atol=1e-12)
    np.testing.assert_allclose(right, [0.5, 0], atol=1e-12)
    assert points[152, 1] > 0.5  # the chin is below


def test_the_same_face_has_no_error():
    found = figures(np.zeros((12, 468, 2)))
    assert found.error is not None
    assert max(found.error.values()) < 1e-6
    assert max(found.raw.values()) < 1e-6


def test_a_constant_shift_is_an_error():
    found = figures(np.tile([0.03, 0.04], (12, 468, 1)))
    np.testing.assert_allclose(list(found.raw.values()), 0.05, rtol=1e-6)
    np.testing.assert_allclose(list(found.error.values()), 0.05, rtol=1e-6)
    assert found.pose == pytest.approx(0.05)
    assert found.shape < 1e-6


def test_a_constant_turn_is_an_error():
    angle = 0.1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) - np.eye(2)
    points = geometry.apply(expression.axes(face(0)), face(0))
    found = figures(np.tile(points @ turn.T, (12, 1, 1)))
    assert found.raw["all"] > 0.05
    assert found.error["all"] == pytest.approx(found.raw["all"], rel=1e-5)


def test_a_constant_change_of_shape_is_not():
    found = figures(np.tile(bulge(), (12, 1, 1)))
    assert found.raw["all"] > 0.01
    assert found.error["all"] < 1e-6
    assert found.shape == pytest.approx(found.raw["all"], rel=1e-6)
    assert found.pose < 1e-6


def test_what_comes_and_goes_is_an_error():
    displacements = np.zeros((40, 468, 2))
    displacements[::2, MOUTH, 1] = 0.1
    found = figures(displacements)
    assert found.raw["mouth"] == pytest.approx(0.05, rel=1e-5)
    # Half of the time the mouth is 0.05 too low, the other half 0.05 too high.
    assert found.error["mouth"] == pytest.approx(0.05, rel=0.02)
    assert found.error["eyes"] < 0.01


def test_short_clips_have_only_a_raw_error():
    assert figures(np.zeros((9, 468, 2))).error is None
    assert figures(np.zeros((10, 468, 2))).error is not None


def test_nothing_to_compare_is_refused():
    with expression.Comparison() as comparison, pytest.raises(ValueError, match="no frame"):
        comparison.figures()


def test_errors_by_frame_average_to_the_figures(monkeypatch):
    monkeypatch.setattr(expression, "BLOCK", 4)
    monkeypatch.setattr(expression, "SPOOL_BYTES", 1000)  # on disk from the first frame on
    rng = np.random.default_rng(1)
    displacements = rng.normal(0, 0.02, (13, 468, 2))
    with expression.Comparison() as comparison:
        raw = [
            comparison.add(face(frame), moved(face(frame), displacement))
            for frame, displacement in enumerate(displacements)
        ]
        found = comparison.figures()
        errors = comparison.errors()
    assert errors.shape == (13,)
    np.testing.assert_allclose(raw, np.linalg.norm(displacements, axis=-1).mean(-1), rtol=1e-6)
    assert found.raw["all"] == pytest.approx(np.mean(raw), rel=1e-5)
    assert found.error["all"] == pytest.approx(errors.mean(), rel=1e-5)


@pytest.mark.parametrize(("follows", "expected"), [(1.0, 1.0), (-1.0, -1.0), (0.0, None)])
def test_correlation_of_the_mouth(follows, expected):
    courses = {name: ([], []) for name in expression.TRAITS}
    for frame in range(20):
        opening = 0.05 * np.sin(frame)
        before, after = np.zeros((2, 468, 2))
        before[LOWER_LIP, 1], after[LOWER_LIP, 1] = 0.1 + opening, 0.1 + follows * opening
        for position, change in enumerate((before, after)):
            for name, value in expression.traits(moved(face(0), change)).items():
                courses[name][position].append(value)
    found = {name: agreement.compare(*map(np.array, both)) for name, both in courses.items()}
    mouth = found["mouth"].correlation
    assert mouth == (None if expected is None else pytest.approx(expected, abs=1e-6))
    assert found["eyes"].correlation is None
    assert found["brows"].error < 1e-9


def seen(head: np.ndarray, *, yaw: float = 0.0, pitch: float = 0.0) -> np.ndarray:
    """A solid head of eye distance 1 in pixels of a picture."""
    turn = transform.Rotation.from_euler("ZYX", [10, -yaw, -pitch], degrees=True).as_matrix()
    return 80 * head @ turn[:2].T + [200, 150]


def test_traits_are_what_was_drawn():
    head = pose.mean_head().copy()
    closed = expression.traits(seen(head))
    head[LOWER_LIP, 1] += 0.2
    head[[144, 153], 1] -= 0.05  # of the left eye's lower lid
    head[[*mesh.LEFT_BROW, *mesh.RIGHT_BROW], 1] -= 0.1
    found = expression.traits(seen(head))
    width = np.linalg.norm(head[33, :2] - head[133, :2])
    # The brows take part in the fit of the pose, which they move a little.
    assert found["mouth"] - closed["mouth"] == pytest.approx(0.2, rel=0.03)
    assert found["left_eye"] - closed["left_eye"] == pytest.approx(-0.05 / width, rel=0.03)
    assert found["right_eye"] == pytest.approx(closed["right_eye"], rel=0.03)
    assert found["eyes"] == pytest.approx((found["left_eye"] + found["right_eye"]) / 2)
    assert found["brows"] - closed["brows"] == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize(("yaw", "pitch"), [(30, 0), (-40, 10), (0, 25), (0, -25)])
def test_a_turned_head_does_not_change_its_expression(yaw, pitch):
    head = pose.mean_head().copy()
    head[LOWER_LIP, 1] += 0.2
    front, turned = (
        expression.traits(seen(head)),
        expression.traits(seen(head, yaw=yaw, pitch=pitch)),
    )
    for name in expression.TRAITS:
        assert turned[name] == pytest.approx(front[name], abs=0.003), name


def test_mask_overlap_of_a_shifted_face():
    assert expression.mask_overlap(face(0), face(0)) == 1.0
    high = np.ptp(face(0)[:, 1])
    near = expression.mask_overlap(face(0), face(0) + np.array([0, 0.05 * high]))
    far = expression.mask_overlap(face(0), face(0) + np.array([0, 0.4 * high]))
    assert 1.0 > near > 0.85 > far > 0.2
    assert expression.mask_overlap(face(0), face(0) + np.array([0, 1.5 * high])) == 0.0
