"""Faces of real pictures: found in order, with meshes that lie on them."""

import cv2
import numpy as np
import pytest

from jaxswap import config, footage, geometry
from jaxswap.vision import finding, following, landmarks, mesh


@pytest.fixture(scope="module")
def finder() -> finding.FaceFinder:
    return finding.FaceFinder(config.FacesConfig(batch_size=2))


def frame(image_u8: np.ndarray, index: int = 0) -> footage.Frame:
    return footage.Frame(index=index, time_s=float(index), image_u8=image_u8)


def test_the_mesh_lies_on_the_face(finder, astronaut_u8):
    ((face,),) = finder.find([frame(astronaut_u8)])
    points = face.landmarks_468
    for indices, place in ((mesh.LEFT_EYE, 0), (mesh.RIGHT_EYE, 1)):
        distance = np.linalg.norm(
            points[list(indices)].mean(axis=0) - face.detection.landmarks[place]
        )
        assert distance < 0.06 * face.detection.size
    oval = points[list(mesh.OVAL)]
    centre = (face.detection.box[:2] + face.detection.box[2:]) / 2
    assert np.linalg.norm(oval.mean(axis=0) - centre) < 0.2 * face.detection.size
    assert face.mesh_score > 0.9


def test_the_mesh_turns_with_the_head(finder, astronaut_u8):
    ((upright,),) = finder.find([frame(astronaut_u8)])
    turn = cv2.getRotationMatrix2D((224.0, 112.0), 20.0, 1.0)
    turned_u8 = cv2.warpAffine(astronaut_u8, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    ((turned,),) = finder.find([frame(turned_u8)])
    expected = geometry.apply(turn, upright.landmarks_468)
    error = np.linalg.norm(turned.landmarks_468 - expected, axis=-1).mean()
    assert error < 0.02 * upright.detection.size


def test_frames_come_in_order_each_with_its_own_faces(finder, astronaut_u8):
    nobody = np.full_like(astronaut_u8, 120)
    pictures = [nobody, astronaut_u8, nobody, astronaut_u8, nobody]
    frames = [frame(image_u8, index) for index, image_u8 in enumerate(pictures)]
    found = list(finder.find_all(iter(frames)))
    assert [one.index for one, _ in found] == [0, 1, 2, 3, 4]
    assert [len(faces) for _, faces in found] == [0, 1, 0, 1, 0]


def test_only_one_batch_is_read_ahead(finder, astronaut_u8):
    read = []

    def frames():
        for index in range(10):
            read.append(index)
            yield frame(astronaut_u8[:64, :64], index)

    next(finder.find_all(frames()))
    assert read == [0, 1]


def test_faces_are_followed_only_where_frames_go_on_from_each_other(finder, picture, monkeypatch):
    def no_following(*_: object, **__: object) -> None:
        raise AssertionError

    frames = [frame(picture("a_test-70")), frame(picture("b_test-130"), 1)]
    each = [faces for _, faces in finder.find_all(frames)]
    followed = [faces for _, faces in finder.find_all(frames, follow=True)]
    assert [len(faces) for faces in followed] == [1, 1]
    for (one,), (other,) in zip(each, followed, strict=True):  # a second apart: both are keys
        np.testing.assert_allclose(one.landmarks_468, other.landmarks_468, atol=0.05)
    monkeypatch.setattr(following.Follower, "follow", no_following)
    list(finder.find_all(frames))
    with pytest.raises(AssertionError):
        list(finder.find_all(frames, follow=True))


def test_what_is_no_face_to_the_mesh_is_dropped(finder, astronaut_u8, monkeypatch):
    monkeypatch.setattr(landmarks, "MIN_SCORE", 1.1)
    assert finder.find([frame(astronaut_u8)]) == [[]]
