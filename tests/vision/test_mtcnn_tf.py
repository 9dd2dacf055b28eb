"""The package's own detector, where TensorFlow is installed: ours finds the same, live."""

import importlib.util

import numpy as np
import pytest

from jaxswap import config
from jaxswap.vision import detection, detectors, mtcnn

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(
        importlib.util.find_spec("tensorflow") is None,
        reason='TensorFlow is not installed: pip install "jaxswap[mtcnn-tf]"',
    ),
    # Keras 3.15 and TensorFlow 2.21 warn of NumPy's and of their own changes (2026-11).
    pytest.mark.filterwarnings("ignore"),
]

PICTURES = ("astronaut", "a_train-300", "a_test-70", "b_train-200", "b_test-130")


@pytest.fixture(scope="module")
def package() -> detection.Detector:
    return detectors.make(config.FacesConfig(detector="mtcnn-tf", min_score=0.0, min_face_px=20))


@pytest.mark.parametrize("name", PICTURES)
def test_faces_are_those_of_the_package_live(name, picture, package):
    (expected,) = package.detect([picture(name)])
    detector = mtcnn.Mtcnn(min_score=0.0, min_face_px=20)
    (found,) = detector.detect([picture(name)])
    assert len(found) == len(expected) == 1
    width_and_height = (
        np.minimum(found[0].box, expected[0].box)[2:]
        - np.maximum(found[0].box, expected[0].box)[:2]
    )
    common = np.prod(width_and_height)
    areas = sum(np.prod(face.box[2:] - face.box[:2]) for face in (found[0], expected[0]))
    assert common / (areas - common) >= 0.95
    assert found[0].score == pytest.approx(expected[0].score, abs=1e-3)
    np.testing.assert_allclose(found[0].landmarks, expected[0].landmarks, atol=1.0)


def test_its_score_and_size_are_limited_by_the_configuration(picture):
    for limit in ({"min_score": 0.9999}, {"min_face_px": 400}):
        strict = detectors.make(config.FacesConfig(detector="mtcnn-tf", **limit))
        assert strict.detect([picture("a_test-40")]) == [[]]


def test_a_frame_without_a_face_gives_none(package):
    assert package.detect([np.zeros((120, 160, 3), np.uint8)]) == [[]]
