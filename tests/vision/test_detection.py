"""What a detection says of itself."""

import numpy as np
import pytest

from jaxswap.vision import detection


def test_the_size_of_a_face_is_its_longer_side():
    face = detection.Detection(
        box=np.array([10, 20, 40, 80], np.float32), score=0.9, landmarks=np.zeros((5, 2))
    )
    assert face.size == 60


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(720, 1280, 48), (1920, 1080, 72), (288, 384, 20)]
)
def test_the_smallest_face_is_a_share_of_the_frame(height, width, expected):
    frame_u8 = np.zeros((height, width, 3), np.uint8)
    assert detection.smallest_px("auto", frame_u8) == expected
    assert detection.smallest_px(33, frame_u8) == 33
