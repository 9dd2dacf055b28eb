"""Which detector a configuration gives."""

import sys

import pytest

from jaxswap import config, errors
from jaxswap.vision import detectors, mtcnn


def test_the_default_is_mtcnn_in_flax_with_its_settings(astronaut_u8):
    detector = detectors.make(config.FacesConfig(min_face_px=250))
    assert isinstance(detector, mtcnn.Mtcnn)
    assert detector.detect([astronaut_u8]) == [[]]  # the face is smaller than that


def test_without_tensorflow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mtcnn", None)  # importing it raises, as without TensorFlow
    with pytest.raises(errors.MissingExtraError, match=r"pip install \"jaxswap\[mtcnn-tf\]\""):
        detectors.make(config.FacesConfig(detector="mtcnn-tf"))
