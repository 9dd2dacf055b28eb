"""Followed faces are those that detection on each frame finds, at fewer detections."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from jaxswap import footage, geometry
from jaxswap.vision import boxes, detection, following, landmarks, mtcnn


class Recorder:
    """The real detector, with a list of the pictures that it saw, blind to some of them."""

    def __init__(self, detector: detection.Detector, images_u8: Sequence[np.ndarray]):
        self._detector = detector
        self._numbers = {id(image_u8): number for number, image_u8 in enumerate(images_u8)}
        self.seen: list[int] = []
        self.blind: set[int] = set()

    def detect(self, frames_u8: Sequence[np.ndarray]) -> list[list[detection.Detection]]:
        numbers = [self._numbers[id(frame_u8)] for frame_u8 in frames_u8]
        self.seen += numbers
        found = self._detector.detect(frames_u8)
        return [
            [] if number in self.blind else faces
            for number, faces in zip(numbers, found, strict=True)
        ]


@pytest.fixture(scope="module")
def detector() -> mtcnn.Mtcnn:
    return mtcnn.Mtcnn(min_score=0.9, min_face_px="auto")


@pytest.fixture(scope="module")
def model() -> landmarks.LandmarkModel:
    return landmarks.LandmarkModel()


@pytest.fixture(scope="module")
def clip(demo_clips) -> dict[str, list[np.ndarray]]:
    """The first 13 pictures of two clips."""
    return {
        name: [frame.image_u8 for frame in itertools.islice(footage.FrameReader(path), 13)]
        for name, path in demo_clips.items()
        if name in ("a_test", "b_test")
    }


def frames(images_u8: Sequence[np.ndarray], *, rate: float = 25.0) -> list[footage.Frame]:
    return [
        footage.Frame(index=index, time_s=index / rate, image_u8=image_u8)
        for index, image_u8 in enumerate(images_u8)
    ]


@pytest.fixture
def follow(detector, model):
    """Follow faces through pictures: the faces of each, and the detector with what it saw."""

    def run(images_u8, *, every=6, batch_size=1, rate=25.0, blind=()):
        recorder = Recorder(detector, images_u8)
        recorder.blind = set(blind)
        follower = following.Follower(recorder, model, detect_every=every, batch_size=batch_size)
        pairs = list(follower.follow(iter(frames(images_u8, rate=rate))))
        assert [frame.index for frame, _ in pairs] == list(range(len(images_u8)))
        return [faces for _, faces in pairs], recorder

    return run


@pytest.mark.parametrize("name", ["a_test", "b_test"])
def test_faces_are_those_of_detection_on_each_frame(name, clip, follow):
    each, _ = follow(clip[name], every=1)
    followed, recorder = follow(clip[name], every=6)
    assert recorder.seen == [0, 6, 12]
    for (expected,), (face,) in zip(each, followed, strict=True):
        overlap = boxes.overlaps(expected.detection.box[None], face.detection.box[None])
        assert overlap[0, 0] > 0.85
        apart = np.linalg.norm(face.detection.landmarks - expected.detection.landmarks, axis=1)
        assert apart.max() < 0.05 * face.detection.size
        assert face.mesh_score > 0.9


def test_meshes_do_not_jump_at_keys(clip, follow):
    rarely, _ = follow(clip["b_test"], every=12)
    often, recorder = follow(clip["b_test"], every=3)
    assert recorder.seen == [0, 3, 6, 9, 12]
    for (one,), (other,) in zip(rarely, often, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


def test_the_result_does_not_depend_on_the_batch_size(clip, follow):
    alone, _ = follow(clip["a_test"], every=4, batch_size=1)
    together, recorder = follow(clip["a_test"], every=4, batch_size=12)
    assert recorder.seen == [0, 4, 8, 12]
    for (one,), (other,) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.points, other.points)
        np.testing.assert_allclose(one.detection.box, other.detection.box, atol=0.01)


def test_a_face_that_comes_between_keys_is_there_from_its_first_frame(clip, follow):
    nobody = [np.full_like(clip["a_test"][0], 120 + i) for i in range(3)]
    faces, recorder = follow([*nobody, *clip["a_test"][:4]])
    assert [len(found) for found in faces] == [0, 0, 0, 1, 1, 1, 1]
    assert recorder.seen == [0, 6]


def test_the_last_frame_is_a_key(clip, follow):
    nobody = np.full_like(clip["a_test"][0], 120)
    faces, recorder = follow([nobody, *clip["a_test"][:2]])
    assert [len(found) for found in faces] == [0, 1, 1]
    assert recorder.seen == [0, 2]


def test_a_face_that_goes_is_dropped_at_once(clip, follow):
    nobody = [np.full_like(clip["a_test"][0], 120 + i) for i in range(3)]
    faces, recorder = follow([*clip["a_test"][:3], *nobody])
    assert [len(found) for found in faces] == [1, 1, 1, 0, 0, 0]
    assert recorder.seen == [0, 5, 3]  # the keys, then where it was lost


def test_after_a_cut_the_other_face_is_found_at_once(clip, follow):
    blank = np.full_like(clip["a_test"][0], 120)
    left = [np.concatenate([image, blank], axis=1) for image in clip["a_test"][:3]]
    right = [np.concatenate([blank, image], axis=1) for image in clip["b_test"][:4]]
    faces, recorder = follow([*left, *right])
    assert [len(found) for found in faces] == [1] * 7
    middles = [found[0].detection.box[[0, 2]].mean() for found in faces]
    assert [middle > blank.shape[1] for middle in middles] == [False] * 3 + [True] * 4
    assert recorder.seen == [0, 6, 3]


def zoomed(image_u8: np.ndarray, zoom: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture larger or smaller about its middle, then shifted right, and the matrix."""
    height, width = image_u8.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0.0, zoom)
    matrix[0, 2] += shift
    warped = cv2.warpAffine(image_u8, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return warped, matrix


def test_box_and_points_move_with_the_mesh(clip, follow):
    still = clip["a_test"][0]
    moves = [zoomed(still, 0.7 * 1.03**i, 4.0 * i) for i in range(7)]
    faces, recorder = follow([image_u8 for image_u8, _ in moves], every=20)
    assert recorder.seen == [0, 6]
    first, last = faces[0][0].detection, faces[5][0].detection
    matrix = geometry.compose(moves[5][1], geometry.invert(moves[0][1]))
    np.testing.assert_allclose(
        last.box.reshape(2, 2), geometry.apply(matrix, first.box.reshape(2, 2)), atol=2.0
    )
    np.testing.assert_allclose(last.landmarks, geometry.apply(matrix, first.landmarks), atol=2.0)


def test_a_jump_is_no_motion(clip, follow):
    still = clip["a_test"][0]
    pictures = [zoomed(still, zoom, 0.0)[0] for zoom in (0.7, 0.7, 0.95, 0.95, 0.95)]
    faces, recorder = follow(pictures)
    assert recorder.seen == [0, 4, 2]
    sizes = [found[0].detection.size for found in faces]
    assert sizes[2] > 1.25 * sizes[1]


def test_two_faces_come_best_first(clip, follow):
    pairs = zip(clip["a_test"][:5], clip["b_test"][:5], strict=True)
    faces, _ = follow([np.concatenate(pair, axis=1) for pair in pairs])
    for found in faces:
        scores = [face.detection.score for face in found]
        assert len(scores) == 2
        assert scores == sorted(scores, reverse=True)


def test_the_detector_may_miss_a_face_once_but_not_twice(clip, follow):
    once, _ = follow(clip["a_test"][:10], every=3, blind={3})
    assert [len(found) for found in once] == [1] * 10
    twice, _ = follow(clip["a_test"][:10], every=3, blind={3, 6})
    assert [len(found) for found in twice] == [1] * 6 + [0] + [1] * 3


def test_frames_that_lie_far_apart_are_all_keys(clip, follow):
    faces, recorder = follow(clip["a_test"][:5], rate=1.0)
    assert [len(found) for found in faces] == [1] * 5
    assert recorder.seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("count", [0, 1])
def test_footage_may_be_short(count, clip, follow):
    faces, recorder = follow(clip["a_test"][:count])
    assert [len(found) for found in faces] == [1] * count
    assert recorder.seen == list(range(count))


@pytest.mark.parametrize(("batch_size", "most"), [(1, 5), (8, 9), (11, 9)])
def test_no_more_than_a_batch_or_one_run_is_held(batch_size, most, clip, detector, model):
    read = []

    def reading():
        for frame in frames([clip["a_test"][0]] * 13):
            read.append(frame.index)
            yield frame

    follower = following.Follower(detector, model, detect_every=4, batch_size=batch_size)
    next(follower.follow(reading()))
    assert len(read) == most
