"""The mesh lies where the detector's five points lie, and moves with the picture."""

import cv2
import numpy as np
import pytest

from jaxswap import geometry
from jaxswap.vision import detection, landmarks, mesh, mtcnn

NOSE_TIP = 4
FIVE = (mesh.LEFT_EYE, mesh.RIGHT_EYE, (NOSE_TIP,), mesh.MOUTH_CORNERS[:1], mesh.MOUTH_CORNERS[1:])


@pytest.fixture(scope="module")
def model() -> landmarks.LandmarkModel:
    return landmarks.LandmarkModel()


@pytest.fixture(scope="module")
def detector() -> mtcnn.Mtcnn:
    return mtcnn.Mtcnn(min_score=0.9, min_face_px=40)


def moved(face: detection.Detection, matrix: np.ndarray) -> detection.Detection:
    """What a detector that moves with the picture would find."""
    points = geometry.apply(matrix, face.landmarks).astype(np.float32)
    centre = geometry.apply(matrix, ((face.box[:2] + face.box[2:]) / 2)[None])[0]
    half = (face.box[2:] - face.box[:2]) / 2 * geometry.scale_of(matrix)
    box = np.concatenate([centre - half, centre + half]).astype(np.float32)
    return detection.Detection(box=box, score=face.score, landmarks=points)


def eye_distance(face: detection.Detection) -> float:
    return float(np.linalg.norm(face.landmarks[1] - face.landmarks[0]))


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Mean distance of the points in pixels."""
    return float(np.linalg.norm(first - second, axis=-1).mean())


@pytest.mark.parametrize("name", ["astronaut", "a_test-70", "a_train-300", "b_test-130"])
def test_the_mesh_agrees_with_the_five_points(name, picture, model, detector):
    (faces,) = detector.detect([picture(name)])
    points, scores = model.predict(picture(name), faces)
    assert points.shape == (1, 468, 2)
    assert points.dtype == scores.dtype == np.float32
    assert 0.99 < scores[0] <= 1.0
    five = np.stack([points[0, list(indices)].mean(axis=0) for indices in FIVE])
    distances = np.linalg.norm(five - faces[0].landmarks, axis=-1)
    assert distances.max() < 0.13 * eye_distance(faces[0])
    assert distances.mean() < 0.08 * eye_distance(faces[0])


@pytest.mark.parametrize(
    ("shift", "angle_deg", "scale"),
    [
        ((31.0, -17.0), 0.0, 1.0),
        ((0.0, 0.0), 25.0, 1.0),
        ((0.0, 0.0), -90.0, 1.0),
        ((40.0, 60.0), 160.0, 0.8),
    ],
    ids=["shifted", "turned", "lying", "nearly upside down and smaller"],
)
def test_the_mesh_moves_with_the_picture(shift, angle_deg, scale, picture, model, detector):
    frame_u8 = picture("astronaut")
    ((face,),) = detector.detect([frame_u8])
    centre = tuple(float(x) for x in (face.box[:2] + face.box[2:]) / 2)
    matrix = cv2.getRotationMatrix2D(centre, angle_deg, scale)
    matrix[:, 2] += shift
    other_u8 = cv2.warpAffine(frame_u8, matrix, (512, 512), flags=cv2.INTER_CUBIC)
    (points,), _ = model.predict(frame_u8, [face])
    (others,), _ = model.predict(other_u8, [moved(face, matrix)])
    assert apart(others, geometry.apply(matrix, points)) < 0.015 * scale * eye_distance(face)


def test_a_much_larger_picture_with_noise_gives_the_same_mesh(picture, model, detector):
    frame_u8 = picture("astronaut")[:256, 96:352]
    ((face,),) = detector.detect([frame_u8])
    zoom = np.array([[6.0, 0.0, 2.5], [0.0, 6.0, 2.5]])  # pixel edges coincide
    large_u8 = np.repeat(np.repeat(frame_u8, 6, axis=0), 6, axis=1)
    noise = np.random.default_rng(0).normal(0, 80, size=large_u8.shape)  # averaged away
    large_u8 = np.clip(large_u8 + noise, 0, 255).astype(np.uint8)
    (points,), _ = model.predict(frame_u8, [face])
    (larger,), _ = model.predict(large_u8, [moved(face, zoom)])
    assert apart(larger, geometry.apply(zoom, points)) < 6 * 0.02 * eye_distance(face)


def test_the_detectors_jitter_hardly_reaches_the_mesh(picture, model, detector):
    frame_u8 = picture("a_test-70")
    ((face,),) = detector.detect([frame_u8])
    shifts = face.size * np.array([[0.08, 0.0], [-0.08, 0.0], [0.0, 0.08], [0.0, -0.08]])
    jittered = [
        detection.Detection(
            box=(face.box + np.tile(shift, 2)).astype(np.float32),
            score=face.score,
            landmarks=face.landmarks,
        )
        for shift in shifts
    ]
    points, _ = model.predict(frame_u8, [face, *jittered])
    errors = [apart(others, points[0]) for others in points[1:]]
    assert max(errors) < 0.03 * eye_distance(face)


def test_what_is_no_face_has_a_low_score(picture, model):
    corner = detection.Detection(
        box=np.array([20, 20, 140, 140], np.float32),
        score=0.9,
        landmarks=np.array([[60, 60], [100, 60], [80, 80], [60, 100], [100, 100]], np.float32),
    )
    _, scores = model.predict(picture("astronaut")[300:, :200], [corner])
    assert 0.0 <= scores[0] < 0.5


def test_faces_keep_their_order_and_none_is_none(picture, model, detector):
    frame_u8 = np.concatenate([picture("a_test-70"), picture("b_test-130")], axis=1)
    (faces,) = detector.detect([frame_u8])
    assert len(faces) == 2
    points, scores = model.predict(frame_u8, faces)
    backward, _ = model.predict(frame_u8, faces[::-1])
    np.testing.assert_array_equal(points, backward[::-1])
    for face, mesh_points in zip(faces, points, strict=True):
        assert (mesh_points.mean(axis=0) > face.box[:2]).all()
        assert (mesh_points.mean(axis=0) < face.box[2:]).all()
    points, scores = model.predict(frame_u8, [])
    assert points.shape == (0, 468, 2)
    assert scores.shape == (0,)


def test_another_model_gives_the_same_bits(picture, model, detector):
    frame_u8 = picture("b_test-130")
    (faces,) = detector.detect([frame_u8])
    first, _ = model.predict(frame_u8, faces)
    second, _ = landmarks.LandmarkModel().predict(frame_u8, faces)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["astronaut", "b_test-130"])
def test_the_solid_mesh_is_the_flat_one_with_depth(name, picture, model, detector):
    (faces,) = detector.detect([picture(name)])
    points, _ = model.predict(picture(name), faces)
    solid = model.solid(picture(name), points[0])
    moved_there = geometry.apply(
        geometry.estimate_similarity(solid[:, :2], points[0]), solid[:, :2]
    )
    assert apart(moved_there, points[0]) < 0.01 * eye_distance(faces[0])
    left, right = solid[list(mesh.LEFT_EYE)].mean(axis=0), solid[list(mesh.RIGHT_EYE)].mean(axis=0)
    assert abs(right[1] - left[1]) < 0.03 * (right[0] - left[0])  # the eyes are level
    oval = solid[list(mesh.OVAL), 2].mean()
    assert solid[NOSE_TIP, 2] < left[2] < oval  # nearer is less
