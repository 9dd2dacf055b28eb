import importlib.util

import numpy as np
import pytest

from jaxswap import errors
from jaxswap.vision import alignment, chips, descriptor


@pytest.mark.parametrize("package", ["dlib", "face_recognition_models"])
def test_without_the_extra(monkeypatch, package):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else find_spec(name)
    )
    assert not descriptor.is_available()


def test_missing_packages_name_the_remedy(monkeypatch):
    monkeypatch.setattr(descriptor, "_find_model", lambda: None)
    with pytest.raises(errors.MissingExtraError, match=r'pip install "jaxswap\[identity\]"'):
        descriptor.Describer()


def test_a_chip_describes_the_face_of_its_frame(describer, references):
    image_u8, points = references["a"].images_u8[0], references["a"].landmarks[0]
    chip_from_frame = alignment.chip_from_frame(points, chip_size=256)
    in_chip = points @ chip_from_frame[:, :2].T + chip_from_frame[:, 2]
    chip = describer.describe(chips.cut_chip(image_u8, chip_from_frame, 256), in_chip)
    assert np.linalg.norm(chip - describer.describe(image_u8, points)) < 0.2
