"""The detector finds what the mtcnn package finds, in any company, with six programs."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxswap.vision import detection, mtcnn, mtcnn_weights, pyramid

REFERENCE = json.loads(
    (Path(__file__).parent / "data" / "mtcnn_reference.json").read_text(encoding="utf-8")
)  # written by tools/mtcnn_reference.py


@pytest.fixture(scope="module")
def detector() -> mtcnn.Mtcnn:
    """Looks for what the mtcnn package looks for."""
    return mtcnn.Mtcnn(min_score=0.0, min_face_px=20)


def iou(first: np.ndarray, second: np.ndarray) -> float:
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    common = np.prod(np.maximum(high - low, 0))
    return common / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - common)


@pytest.mark.parametrize("name", sorted(REFERENCE["faces"]))
def test_faces_are_those_of_the_package(name, picture, detector):
    expected = REFERENCE["faces"][name]
    assert expected
    (found,) = detector.detect([picture(name)])
    assert len(found) == len(expected)
    for face, reference in zip(found, expected, strict=True):
        # The promise is an IoU of 0.95 and 1 px; rounding alone costs far less.
        assert iou(face.box, np.array(reference["box"])) > 0.99
        assert face.score == pytest.approx(reference["score"], abs=1e-3)
        np.testing.assert_allclose(face.landmarks, reference["landmarks"], atol=0.1)


def test_a_face_is_the_same_alone_and_in_a_batch_of_other_sizes(picture, detector):
    frames = [
        picture("a_test-40"),
        picture("astronaut"),
        np.zeros((25, 30, 3), np.uint8),
    ]
    frames += [np.zeros((10, 10, 3), np.uint8), picture("b_test-100")]
    together = detector.detect(frames)
    assert [len(faces) for faces in together] == [1, 1, 0, 0, 1]
    for frame, faces in zip(frames, together, strict=True):
        (alone,) = detector.detect([frame])
        for face, other in zip(faces, alone, strict=True):
            np.testing.assert_allclose(face.box, other.box, atol=0.01)
            np.testing.assert_allclose(face.landmarks, other.landmarks, atol=0.01)


def test_sizes_and_numbers_of_frames_compile_no_new_program(astronaut_u8):
    jax.clear_caches()
    detector = mtcnn.Mtcnn(min_score=0.9, min_face_px=40)
    for number, (height, width) in enumerate([(512, 512), (300, 500), (211, 343), (60, 480)], 1):
        detector.detect([astronaut_u8[:height, :width]] * number)
    for program in (mtcnn.propose, mtcnn.refine, mtcnn.finish):
        assert 1 <= program._cache_size() <= 2


@pytest.mark.parametrize(("platform", "loops"), [("cpu", True), ("cuda", False), ("tpu", False)])
def test_only_a_cpu_takes_the_tiles_in_turn(platform, loops):
    tiles = np.zeros((4, pyramid.TILE, pyramid.TILE, 3), np.float32)
    inside = np.zeros((4, pyramid.TILE - 2, pyramid.TILE - 2), bool)
    traced = mtcnn.propose.trace(mtcnn_weights.load("pnet"), tiles, inside)
    lowered = traced.lower(lowering_platforms=(platform,)).as_text()
    assert ("stablehlo.while" in lowered) == loops


def test_faces_come_best_first_and_above_the_score(astronaut_u8, detector):
    face = astronaut_u8[20:220, 120:320]
    blurred = np.repeat(np.repeat(face[::5, ::5], 5, axis=0), 5, axis=1)
    frame = np.concatenate([blurred, face], axis=1)
    (found,) = detector.detect([frame])
    scores = [face.score for face in found]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    between = (scores[0] + scores[1]) / 2
    (best,) = mtcnn.Mtcnn(min_score=between, min_face_px=20).detect([frame])
    assert [face.score for face in best] == scores[:1]


def test_small_faces_are_not_looked_for(astronaut_u8):
    assert len(mtcnn.Mtcnn(min_score=0.9, min_face_px=60).detect([astronaut_u8])[0]) == 1
    assert mtcnn.Mtcnn(min_score=0.9, min_face_px=250).detect([astronaut_u8]) == [[]]


def test_boxes_at_the_border_stay_in_the_frame(astronaut_u8, detector):
    cut = astronaut_u8[80:, 200:]  # the top and the left of the face are missing
    (found,) = detector.detect([cut])
    assert found
    for face in found:
        assert face.box[0] >= 0
        assert face.box[1] >= 0
        assert face.box[2] <= cut.shape[1]
        assert face.box[3] <= cut.shape[0]
        assert face.box[2] > face.box[0]
        assert face.box[3] > face.box[1]


def test_no_frames_and_frames_of_noise_are_no_trouble(detector):
    assert detector.detect([]) == []
    noise = np.random.default_rng(0).integers(0, 256, size=(120, 160, 3), dtype=np.uint8)
    assert detector.detect([noise, np.full((120, 160, 3), 255, np.uint8)]) == [[], []]


def test_it_is_a_detector(detector):
    assert isinstance(detector, detection.Detector)
