"""Each fault that is made in a clip moves the figures of that fault, and no others."""

import cv2
import numpy as np
import pytest

from jaxswap.evaluation import agreement, expression, pose, seam, stability, surroundings
from jaxswap.vision import mesh

# What each figure must exceed to count as moved.
MOVED = {
    "displacement": 0.01,  # eye distances
    "turn": 0.5,  # degrees
    "expression": 0.01,  # eye distances
    "seam": 0.2,
    "color": 2.0,  # CIEDE2000
    "shaking": 0.005,  # eye distances
    "flicker": 0.5,  # L*a*b*
    "warping": 0.006,
}


def figures(frames_u8, landmarks, edit) -> dict[str, float]:
    """How far each figure is from perfect."""
    followed, steady, seams, colors = stability.Stability(), [], [], []
    poses, traits = ([], []), ([], [])
    with expression.Comparison() as comparison:
        for i, (frame_u8, points) in enumerate(zip(frames_u8, landmarks, strict=True)):
            after_u8, moved = edit(i, frame_u8, points)
            steady.append(followed.add(i / 25, frame_u8, after_u8, points, moved))
            comparison.add(points, moved)
            seams.append(seam.measure(frame_u8, after_u8, points))
            skin = surroundings.measure(frame_u8, after_u8, points)
            colors.append(skin.after - skin.before)
            for index, shape in enumerate((points, moved)):
                poses[index].append(pose.angles(shape))
                traits[index].append([expression.traits(shape)[n] for n in ("mouth", "brows")])
        shapes = comparison.figures()

    def own(name: str) -> float:
        jitters = [getattr(row, name) for row in steady]
        return float(np.mean([jitter.own for jitter in jitters if jitter is not None]))

    found = [edge for edge in seams if edge is not None]
    energies = np.array([(edge.before, edge.after) for edge in found]).reshape(-1, 2).T
    courses = zip(*(np.transpose(course) for course in traits), strict=True)
    return {
        "displacement": shapes.error["all"],
        "turn": max(angle.error for angle in pose.compare(*poses).values()),
        "expression": max(agreement.compare(*course).error for course in courses),
        "seam": max(seam.ratio(*energies) - 1, 0) if found else 0.0,
        "color": abs(np.mean(colors)),
        "shaking": own("landmarks"),
        "flicker": own("color"),
        "warping": own("flow"),
    }


def oval(frame_u8, points, *, feather: float) -> np.ndarray:
    middle = points.mean(axis=0)
    hull = cv2.convexHull(np.rint(middle + 0.9 * (points[list(mesh.OVAL)] - middle)).astype(int))
    mask = cv2.fillConvexPoly(np.zeros(frame_u8.shape[:2], np.float32), hull.astype(np.int32), 1)
    return (cv2.GaussianBlur(mask, (0, 0), feather) if feather else mask)[..., None]


def tinted(frame_u8, points, *, feather: float, by: tuple[float, ...]) -> np.ndarray:
    tint = frame_u8 + oval(frame_u8, points, feather=feather) * np.array(by)
    return np.clip(np.rint(tint), 0, 255).astype(np.uint8)


def outlined(frame_u8, points) -> np.ndarray:
    """A change too small to be seen, and a line around it."""
    after_u8 = tinted(frame_u8, points, feather=0, by=(4, 4, 4))
    mask = (oval(frame_u8, points, feather=0) > 0).astype(np.uint8)
    line = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return cv2.add(after_u8, cv2.merge([30 * line] * 3))


def shifted(frame_u8, points, x: int, y: int) -> tuple[np.ndarray, np.ndarray]:
    return np.roll(frame_u8, (y, x), axis=(0, 1)), points + np.float32([x, y])


def talking(points, i: int) -> np.ndarray:
    moved = points.copy()
    moved[[87, 14, 317], 1] += 0.1 * expression.eye_distance(points) * (i % 3)
    return moved


CASES = {
    "nothing": (lambda i, frame, points: (frame, points), set()),
    "a shift": (
        lambda i, frame, points: (frame, points + np.float32([4, 2])),
        {"displacement"},
    ),
    "another mouth": (
        lambda i, frame, points: (frame, talking(points, i)),
        {"expression"},
    ),
    "shaking landmarks": (
        lambda i, frame, points: (frame, points + np.float32([(-1) ** i, 0])),
        {"displacement", "shaking"},
    ),
    "another color": (
        lambda i, frame, points: (tinted(frame, points, feather=8, by=(0, 30, 0)), points),
        {"color"},
    ),
    "a drawn seam": (lambda i, frame, points: (outlined(frame, points), points), {"seam"}),
    "flicker": (
        lambda i, frame, points: (
            tinted(frame, points, feather=8, by=(10 * (-1) ** i,) * 3),
            points,
        ),
        {"flicker", "warping"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_moves_its_figures(frames_u8, landmarks, name):
    edit, expected = CASES[name]
    found = figures(frames_u8, landmarks, edit)
    assert {key for key, value in found.items() if value > MOVED[key]} == expected, found


def test_shuffled_frames_move_what_the_face_does(frames_u8, landmarks):
    order = np.random.default_rng(0).permutation(len(frames_u8))
    found = figures(
        frames_u8, landmarks, lambda i, frame, points: (frames_u8[order[i]], landmarks[order[i]])
    )
    moved = {key for key, value in found.items() if value > MOVED[key]}
    assert moved >= {"displacement", "turn", "shaking", "warping"}, found


def test_a_picture_that_shakes_shakes_everything_in_it(frames_u8, landmarks):
    found = figures(
        frames_u8, landmarks, lambda i, frame, points: shifted(frame, points, 2 * (-1) ** i, 0)
    )
    moved = {key for key, value in found.items() if value > MOVED[key]}
    assert moved >= {"displacement", "shaking", "warping"}, found
    assert not moved & {"turn", "expression", "color"}, found
