"""Clips that were shaken, lit and painted by known amounts."""

import dataclasses

import cv2
import numpy as np
import pytest

from jaxswap import geometry
from jaxswap.evaluation import expression, stability
from jaxswap.vision import mesh

NAMES = ("landmarks", "color", "flow")


def means(rows: list[stability.FrameJitter]) -> stability.FrameJitter:
    """Of the rows that have a figure."""

    def mean(name: str) -> stability.Jitter | None:
        known = [getattr(row, name) for row in rows if getattr(row, name) is not None]
        parts = [dataclasses.astuple(jitter) for jitter in known]
        if not parts:
            return None
        before, after, own = np.mean(parts, axis=0).tolist()
        return stability.Jitter(before=before, after=after, own=own)

    return stability.FrameJitter(**{name: mean(name) for name in NAMES})


def added(jitter: stability.Jitter) -> float:
    return jitter.after - jitter.before


@pytest.fixture(scope="module")
def follow(frames_u8, landmarks):
    """The figures of the footage beside an edited copy of it."""

    def run(edit=lambda i, frame_u8, points: (frame_u8, points), *, times=None, hidden=()):
        followed = stability.Stability()
        times = np.arange(len(frames_u8)) / 25 if times is None else times
        rows = []
        for i, (frame_u8, points) in enumerate(zip(frames_u8, landmarks, strict=True)):
            after_u8, moved = edit(i, frame_u8, points)
            seen = None if i in hidden else points
            rows.append(followed.add(float(times[i]), frame_u8, after_u8, seen, moved))
        return means(rows), rows

    return run


def inside(frame_u8, points) -> np.ndarray:
    hull = cv2.convexHull(np.rint(points[list(mesh.OVAL)]).astype(np.int32))
    mask = cv2.fillConvexPoly(np.zeros(frame_u8.shape[:2], np.float32), hull, 1)
    return cv2.GaussianBlur(mask, (0, 0), 2)[..., None]


def test_the_same_clip_is_as_steady(follow, frames_u8):
    found, rows = follow()
    for name in NAMES:
        jitter = getattr(found, name)
        assert jitter.own == 0.0
        assert jitter.after == jitter.before > 0
    # Two frames before are needed, for the picture one.
    assert [row.landmarks is None for row in rows] == [True] * 2 + [False] * (len(frames_u8) - 2)
    assert [row.color is None for row in rows] == [True] * 2 + [False] * (len(frames_u8) - 2)
    assert [row.flow is None for row in rows] == [True] + [False] * (len(frames_u8) - 1)


def test_jumping_landmarks_have_a_jitter_of_their_own(follow, landmarks):
    found, _ = follow(lambda i, frame, points: (frame, points + np.float32([(-1) ** i, 0])))
    # To and fro by 1 pixel: each point lies 2 pixels off the line between its neighbours.
    expected = np.mean([2 / expression.eye_distance(points) for points in landmarks[2:]])
    assert found.landmarks.own == pytest.approx(expected, rel=1e-3)
    assert added(found.landmarks) > 0.5 * expected
    assert (found.color.own, found.flow.own) == (0.0, 0.0)


def test_even_motion_is_no_jitter(follow):
    found, _ = follow(lambda i, frame, points: (frame, points + np.float32([2 * i, i])))
    assert found.landmarks.own < 1e-5


def test_even_motion_at_uneven_times_is_no_jitter(follow, frames_u8):
    times = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.08, len(frames_u8)))
    found, _ = follow(
        lambda i, frame, points: (frame, points + np.float32([100 * times[i], 0])), times=times
    )
    assert found.landmarks.own < 1e-5


def test_a_steadier_clip_is_below_zero(follow, landmarks):
    found, _ = follow(lambda i, frame, points: (frame, landmarks[0]))
    assert found.landmarks.after == 0.0
    assert added(found.landmarks) == -found.landmarks.before < 0


def test_a_constant_color_is_steady(follow):
    def tint(i, frame_u8, points):
        share = 1 - 0.3 * inside(frame_u8, points) * [1, 0, 1]
        return (frame_u8 * share).astype(np.uint8), points

    found, _ = follow(tint)
    assert abs(added(found.color)) < 0.15
    assert abs(added(found.flow)) < 0.004
    assert found.landmarks.own == 0.0


def test_flicker_moves_color_and_picture(follow):
    def flicker(i, frame_u8, points):
        share = 1 - 0.1 * (i % 2) * inside(frame_u8, points)
        return (frame_u8 * share).astype(np.uint8), points

    found, _ = follow(flicker)
    assert added(found.color) > 2
    assert added(found.flow) > 0.01
    assert found.landmarks.own == 0.0


def test_brightness_that_grows_evenly_does_not_flicker(follow):
    brighter, _ = follow(lambda i, frame, points: (cv2.add(frame, (2 * i,) * 4), points))
    flicker, _ = follow(lambda i, frame, points: (cv2.add(frame, (6 * (i % 2),) * 4), points))
    assert brighter.color.own < 0.25 * flicker.color.own


def test_fine_noise_moves_the_picture_alone(follow):
    rng = np.random.default_rng(0)

    def noise(i, frame_u8, points):
        noisy = frame_u8 + rng.normal(0, 12, frame_u8.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8), points

    found, _ = follow(noise)
    assert added(found.flow) > 0.01
    assert added(found.color) < 0.5
    assert found.landmarks.own == 0.0


def test_paint_that_does_not_move_with_the_face(frames_u8, landmarks):
    """The face glides over the picture; a pattern that is fixed to the frame does not."""
    still, points = frames_u8[0], landmarks[0]
    height, width = still.shape[:2]
    pattern = np.random.default_rng(0).integers(-25, 25, (height // 8, width // 8, 1))
    pattern = np.kron(pattern, np.ones((8, 8, 3), int))

    def run(glides: bool):
        followed, rows = stability.Stability(), []
        for i in range(5):
            shift = np.array([[1.0, 0.0, 3.0 * i], [0.0, 1.0, 0.0]])
            moved = geometry.apply(shift, points)
            before = cv2.warpAffine(still, shift, (width, height))
            paint = np.roll(pattern, 3 * i, axis=1) if glides else pattern
            after = np.clip(before + paint, 0, 255).astype(np.uint8)
            rows.append(followed.add(i / 25, before, after, moved, moved))
        return means(rows).flow

    assert run(glides=True).own < 0.015
    assert run(glides=False).own > 2 * run(glides=True).own


def test_what_was_hidden_is_not_compared(frames_u8, landmarks):
    """A hand comes before the face: there is nothing that it could have come from."""
    first, points = frames_u8[0], landmarks[0]
    low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    second, hidden = first.copy(), slice(low[1] + (high[1] - low[1]) // 2, high[1])
    texture = np.random.default_rng(0).integers(0, 255, (9, 9, 3)).astype(np.uint8)
    size = (int(high[0] - low[0]), int(hidden.stop - hidden.start))
    second[hidden, low[0] : high[0]] = cv2.resize(texture, size)
    followed = stability.Stability()
    followed.add(0.0, first, first, points, points)
    found = followed.add(0.04, second, second, points, points).flow
    change = np.abs(second / 255 - first / 255)[hidden, low[0] : high[0]].mean()
    assert found.before < 0.1 * change


def test_a_lost_face_breaks_the_courses(follow, frames_u8):
    found, rows = follow(hidden=(6,))
    assert [i for i, row in enumerate(rows) if row.landmarks is None] == [0, 1, 6, 7, 8]
    assert [i for i, row in enumerate(rows) if row.flow is None] == [0, 6, 7]
    assert found.landmarks is not None


def test_a_face_that_is_lost_after_the_swap_breaks_its_landmarks_alone(follow):
    _, rows = follow(lambda i, frame, points: (frame, None if i == 6 else points))
    assert [i for i, row in enumerate(rows) if row.landmarks is None] == [0, 1, 6, 7, 8]
    assert [i for i, row in enumerate(rows) if row.flow is None] == [0]


def test_a_jump_in_time_breaks_the_courses(follow, frames_u8):
    times = np.arange(len(frames_u8)) / 25
    times[7:] += 1
    _, rows = follow(times=times)
    assert [i for i, row in enumerate(rows) if row.landmarks is None] == [0, 1, 7, 8]
    assert [i for i, row in enumerate(rows) if row.flow is None] == [0, 7]


def test_a_clip_that_ended(frames_u8, landmarks):
    followed = stability.Stability()
    nothing = stability.FrameJitter(landmarks=None, color=None, flow=None)
    assert followed.add(0.0, frames_u8[0], None, landmarks[0], None) == nothing


def test_memory_holds_two_frames(frames_u8, landmarks):
    followed = stability.Stability()
    for i in range(8):
        followed.add(i / 25, frames_u8[i], frames_u8[i], landmarks[i], landmarks[i])
    assert len(followed._landmarks._past) == 2
    assert len(followed._color._past) == 2
    assert len(followed._flow._past) == 2
