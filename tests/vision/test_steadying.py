"""Faces of a clip whose meshes are made to jitter, jump or go missing on purpose."""

import dataclasses

import numpy as np
import pytest

from jaxswap import config, footage, geometry
from jaxswap.vision import alignment, finding, steadying

NUM_FRAMES = 40
SPEED = np.array([40.0, 15.0])  # pixels a second


@pytest.fixture(scope="module")
def finder():
    return finding.FaceFinder(config.FacesConfig())


@pytest.fixture(scope="module")
def face(finder, demo_clips):
    frame = next(iter(footage.FrameReader(demo_clips["a_test"])))
    ((found,),) = finder.find([frame])
    return found


def moved(face, shift):
    detection = face.detection
    return dataclasses.replace(
        face,
        landmarks_468=(face.landmarks_468 + shift).astype(np.float32),
        detection=dataclasses.replace(
            detection, box=(detection.box + np.tile(shift, 2)).astype(np.float32)
        ),
    )


def posed(face, growth, angle, shift=(0.0, 0.0)):
    """The face, larger by the log of a scale, turned by radians about its chip's centre, moved."""
    middle = geometry.invert(alignment.chip_from_frame(face.landmarks_468, chip_size=1))[:, 2]
    turn = np.exp(growth) * np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )
    points = (face.landmarks_468 - middle) @ turn.T + middle + np.array(shift)
    return dataclasses.replace(face, landmarks_468=points.astype(np.float32))


def frames(count=NUM_FRAMES, *, rate=25):
    blank = np.zeros((8, 8, 3), np.uint8)
    return [footage.Frame(index=i, time_s=i / rate, image_u8=blank) for i in range(count)]


def steadied(finder, found):
    return list(steadying.steady(iter(found), finder=finder, max_gap_s=1.0))


def poses(found):
    """x, y, log of the side and angle of every frame's first face."""
    matrices = [
        geometry.invert(alignment.chip_from_frame(faces[0].landmarks_468, chip_size=1))
        for _, faces in found
    ]
    return np.array(
        [[*m[:, 2], np.log(geometry.scale_of(m)), np.arctan2(m[1, 0], m[0, 0])] for m in matrices]
    )


def test_even_motion_neither_lags_nor_changes(finder, face):
    found = [
        (frame, [posed(face, 0.3 * frame.time_s, -0.5 * frame.time_s, SPEED * frame.time_s)])
        for frame in frames()
    ]
    after = steadied(finder, found)
    assert [frame.index for frame, _ in after] == list(range(NUM_FRAMES))
    for (_, before), (_, now) in zip(found, after, strict=True):
        np.testing.assert_allclose(now[0].landmarks_468, before[0].landmarks_468, atol=0.01)


def test_jitter_of_size_and_angle_shrinks_and_their_course_stays(finder, face):
    noise = np.random.default_rng(0).normal(scale=0.003, size=(NUM_FRAMES, 2))
    course = np.outer(np.arange(NUM_FRAMES) / 25, [0.3, -0.5])
    found = [
        (frame, [posed(face, *pose)]) for frame, pose in zip(frames(), course + noise, strict=True)
    ]
    before, after = poses(found)[:, 2:], poses(steadied(finder, found))[:, 2:]
    true = course + poses([(None, [face])])[:, 2:]

    def jitter(values):
        return np.abs(np.diff(values, n=2, axis=0)).mean(axis=0)

    def error(values):
        return np.abs(values - true)[5:-5].mean(axis=0)

    assert (jitter(after) < 0.25 * jitter(before)).all()
    assert (error(after) < 0.7 * error(before)).all()


def test_a_face_in_a_shaking_camera_stays_where_it_is(finder, face):
    """Though its size and angle jitter."""
    rng = np.random.default_rng(0)
    found = [
        (frame, [posed(face, *(0.003 * rng.normal(size=2)), 3 * rng.normal(size=2))])
        for frame in frames()
    ]
    before, after = poses(found), poses(steadied(finder, found))
    np.testing.assert_allclose(after[:, :2], before[:, :2], atol=0.01)
    assert np.abs(after[:, 2:] - before[:, 2:]).mean() > 0.001


def test_what_the_points_do_in_the_face_is_kept(finder, face):
    """A mouth that opens in one frame only is as open after it."""
    found = [(frame, [face]) for frame in frames(12)]
    lower_lip, opening = 17, np.array([0.0, 9.0])
    points = face.landmarks_468.copy()
    points[lower_lip] += opening.astype(np.float32)
    found[6] = (found[6][0], [dataclasses.replace(face, landmarks_468=points)])
    after = steadied(finder, found)
    np.testing.assert_allclose(after[6][1][0].landmarks_468, points, atol=0.5)
    np.testing.assert_allclose(after[5][1][0].landmarks_468, face.landmarks_468, atol=0.5)


def test_a_jump_does_not_become_a_glide(finder, face):
    found = [(frame, [posed(face, 0.2, 0.3) if frame.index >= 20 else face]) for frame in frames()]
    change = poses(steadied(finder, found)) - poses(found)
    assert 0.019 < np.abs(change[:, 2:]).max() < 0.021


def test_faces_that_turn_past_half_a_circle_go_on(finder, face):
    found = [(frame, [posed(face, 0.0, np.deg2rad(160 + 2 * frame.index))]) for frame in frames(20)]
    for (_, before), (_, now) in zip(found, steadied(finder, found), strict=True):
        np.testing.assert_allclose(now[0].landmarks_468, before[0].landmarks_468, atol=0.05)


def found_in(demo_clips, finder, count):
    frames = [frame for frame in footage.FrameReader(demo_clips["a_test"]) if frame.index < count]
    return list(finder.find_all(iter(frames), follow=True))


def test_a_short_loss_is_filled_where_the_face_is(demo_clips, finder):
    whole = found_in(demo_clips, finder, 16)
    lost = [(frame, [] if 5 <= frame.index <= 8 else faces) for frame, faces in whole]
    after = steadied(finder, lost)
    assert [len(faces) for _, faces in after] == [1] * 16
    for (_, now), (_, true) in zip(after, steadied(finder, whole), strict=True):
        error = np.linalg.norm(now[0].landmarks_468 - true[0].landmarks_468, axis=-1).mean()
        assert error < 0.02 * true[0].detection.size
        assert now[0].track == 0
        overlap = np.abs(now[0].detection.box - true[0].detection.box).max()
        assert overlap < 0.1 * true[0].detection.size


def test_a_face_that_is_not_there_is_not_made_up(demo_clips, finder):
    whole = found_in(demo_clips, finder, 12)
    away = [
        (dataclasses.replace(frame, image_u8=np.full_like(frame.image_u8, 90)), [])
        if 5 <= frame.index <= 7
        else (frame, faces)
        for frame, faces in whole
    ]
    counts = [len(faces) for _, faces in steadied(finder, away)]
    assert counts == [1] * 5 + [0] * 3 + [1] * 4


def test_a_face_that_another_hides_is_not_laid_on_it(demo_clips, finder):
    """One passes behind another: while it is lost, the mesh would find the one in front."""
    whole = found_in(demo_clips, finder, 16)
    step = 0.3 * whole[0][1][0].detection.size
    passing = [
        (frame, faces + [moved(face, np.array([step * (frame.index - 7.5), 0])) for face in faces])
        if frame.index not in range(6, 10)
        else (frame, faces)
        for frame, faces in whole
    ]
    tracks = [[one.track for one in faces] for _, faces in steadied(finder, passing)]
    assert tracks == [[0, 1]] * 6 + [[0]] * 4 + [[0, 1]] * 6


def test_a_loss_longer_than_the_frames_that_are_held_stays(finder, face):
    gone = range(5, 5 + steadying.MAX_AHEAD + 2)
    found = [(frame, [] if frame.index in gone else [face]) for frame in frames()]
    counts = [len(faces) for _, faces in steadied(finder, found)]
    assert counts == [0 if i in gone else 1 for i in range(NUM_FRAMES)]


def test_tracks_are_numbered_as_they_come(finder, face):
    other = moved(face, np.array([400.0, 0.0]))
    found = [(frame, [face] if frame.index < 3 else [other, face]) for frame in frames(8)]
    tracks = [[one.track for one in faces] for _, faces in steadied(finder, found)]
    assert tracks == [[0]] * 3 + [[1, 0]] * 5


@pytest.mark.parametrize(("rate", "held"), [(25, 11), (60, 12), (5, 3)])
def test_few_frames_are_held(finder, face, rate, held):
    taken = []

    def found():
        for frame in frames(60, rate=rate):
            taken.append(frame.index)
            yield frame, [face]

    for frame, _ in steadying.steady(found(), finder=finder, max_gap_s=1.0):
        assert taken[-1] - frame.index <= held
