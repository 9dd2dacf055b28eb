"""The pose of heads that were turned by known angles, and of real ones."""

import numpy as np
import pytest
from scipy.spatial import transform

from jaxswap import config, footage
from jaxswap.evaluation import pose
from jaxswap.vision import finding

ANGLES = [(0, 0, 0), (30, 0, 0), (-45, 10, 0), (0, 25, -20), (20, -25, 60), (60, 15, 170)]


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The solid mean face as the camera has it, in eye distances."""
    turn = transform.Rotation.from_euler("ZYX", [roll, -yaw, -pitch], degrees=True).as_matrix()
    return pose.mean_head() @ turn.T


def seen(yaw: float, pitch: float, roll: float) -> np.ndarray:
    return 90 * turned(yaw, pitch, roll)[:, :2] + [310, 140]


def test_the_head_is_symmetric_and_looks_at_the_camera():
    head = pose.mean_head()
    mirrored = head * [-1, 1, 1]
    distances = np.linalg.norm(mirrored[:, None] - head[None], axis=-1)
    assert distances.min(axis=1).max() < 1e-9
    assert head[4, 2] == head[:, 2].min()  # the tip of the nose is nearest
    assert head[152, 1] > head[1, 1] > 0 > head[10, 1]  # chin, nose, eyes, forehead


@pytest.mark.parametrize(("yaw", "pitch", "roll"), ANGLES)
def test_angles_of_a_turned_head(yaw, pitch, roll):
    found = pose.angles(seen(yaw, pitch, roll))
    assert (found.yaw_deg, found.pitch_deg, found.roll_deg) == pytest.approx((yaw, pitch, roll))


@pytest.mark.parametrize(("yaw", "pitch", "roll"), ANGLES)
def test_angles_of_noisy_points(yaw, pitch, roll):
    noise = np.random.default_rng(3).normal(0, 0.01 * 90, (468, 2))
    found = pose.angles(seen(yaw, pitch, roll) + noise)
    angles = (found.yaw_deg, found.pitch_deg, found.roll_deg)
    assert angles == pytest.approx((yaw, pitch, roll), abs=1.0)


def test_the_fit_is_the_least_of_all():
    rng = np.random.default_rng(4)
    points = seen(25, 10, 5) * [1.05, 0.95] + rng.normal(
        0, 2, (468, 2)
    )  # not the mean head's shape
    rigid = list(pose.RIGID)
    head, found = pose.mean_head()[rigid], pose.fit(points)

    def error(turn: np.ndarray, scale: float, shift: np.ndarray) -> float:
        drawn = scale * head @ (turn @ found.rotation)[:2].T + found.shift + shift
        return float(((drawn - points[rigid]) ** 2).sum())

    least = error(np.eye(3), found.scale, np.zeros(2))
    for _ in range(50):
        turn = transform.Rotation.from_rotvec(rng.normal(0, 0.003, 3)).as_matrix()
        assert error(turn, found.scale, np.zeros(2)) > least
        assert error(np.eye(3), found.scale * rng.normal(1, 0.003), np.zeros(2)) > least
        assert error(np.eye(3), found.scale, rng.normal(0, 0.1, 2)) > least


def test_directions():
    """Where the tip of the nose goes when the head turns, told from the picture alone."""
    front = seen(0, 0, 0)[1]
    assert seen(20, 0, 0)[1, 0] > front[0]
    assert seen(0, 20, 0)[1, 1] < front[1]
    left, right = seen(0, 0, 20)[[33, 263]]
    assert right[1] > left[1]


def test_points_that_are_turned_back():
    np.testing.assert_allclose(pose.unturned(seen(35, -15, 50)), pose.mean_head()[:, :2], atol=1e-6)


def test_points_on_one_spot_are_refused():
    with pytest.raises(ValueError, match="2 distinct points"):
        pose.angles(np.full((468, 2), 7.0))


def test_turning_a_picture_changes_roll_alone(astronaut_u8):
    pictures = [astronaut_u8, np.ascontiguousarray(astronaut_u8[:, ::-1])]
    frames = [footage.Frame(index=i, time_s=0.0, image_u8=p) for i, p in enumerate(pictures)]
    found = [f[0].landmarks_468 for f in finding.FaceFinder(config.FacesConfig()).find(frames)]
    upright, mirrored = (pose.angles(points) for points in found)
    assert abs(upright.yaw_deg) < 10
    assert abs(upright.pitch_deg) < 15
    assert mirrored.yaw_deg == pytest.approx(-upright.yaw_deg, abs=3)
    assert mirrored.roll_deg == pytest.approx(-upright.roll_deg, abs=2)
    assert mirrored.pitch_deg == pytest.approx(upright.pitch_deg, abs=3)
    quarter = found[0] @ np.array([[0, 1], [-1, 0]])  # (x, y) -> (-y, x): clockwise
    turned_by = pose.angles(quarter)
    assert turned_by.roll_deg - upright.roll_deg == pytest.approx(90)
    assert turned_by.yaw_deg == pytest.approx(upright.yaw_deg)


def a_pose(yaw: float, pitch: float, roll: float) -> pose.Pose:
    return pose.Pose(yaw_deg=float(yaw), pitch_deg=float(pitch), roll_deg=roll)


def test_poses_of_a_clip():
    before = [a_pose(np.sin(t), np.cos(t), 179.0) for t in range(20)]
    after = [a_pose(p.yaw_deg + 2, p.pitch_deg, -179.0) for p in before]
    found = pose.compare(before, after)
    assert found["yaw"].raw == pytest.approx(2)
    assert found["yaw"].error == pytest.approx(0, abs=1e-9)
    assert found["pitch"].raw == pytest.approx(0, abs=1e-9)
    assert found["pitch"].correlation == pytest.approx(1)
    assert found["roll"].raw == pytest.approx(2)
    with pytest.raises(ValueError, match="must match"):
        pose.compare(before, after[:-1])
