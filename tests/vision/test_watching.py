"""The faces of footage: numbered and steadied in a video, ranked by size in single pictures."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from jaxswap import config, footage, images
from jaxswap.vision import finding, steadying, watching

FACES = config.FacesConfig(min_face_px=40)


@pytest.fixture
def stills(couple, tmp_path) -> Path:
    """Frames of the couple: the smaller one alone, then both."""
    folder = tmp_path / "stills"
    folder.mkdir()
    for frame in footage.FrameReader(couple, every=2):
        images.write_png(folder / f"{frame.index}.png", frame.image_u8)
    return folder


def numbers_by_place(faces: list[finding.Face]) -> list[int]:
    """From left to right."""
    return [face.track for face in sorted(faces, key=lambda face: face.detection.box[0])]


def test_faces_of_a_video_are_steadied_and_numbered_as_they_come(couple):
    reader = footage.FrameReader(couple)
    seen = list(watching.watch(reader, FACES))
    assert [frame.index for frame, _ in seen] == list(range(12))
    assert [numbers_by_place(faces) for _, faces in seen] == [[0]] * 4 + [[1, 0]] * 8
    finder = finding.FaceFinder(FACES)
    found = list(finder.find_all(reader, follow=True))
    steadied = list(steadying.steady(found, finder=finder, max_gap_s=FACES.max_gap_s))
    changed = 0.0
    for (_, now), (_, expected), (_, before) in zip(seen, steadied, found, strict=True):
        for one, other, as_found in zip(now, expected, before, strict=True):
            np.testing.assert_array_equal(one.landmarks_468, other.landmarks_468)
            changed += float(np.abs(one.landmarks_468 - as_found.landmarks_468).max())
    assert changed > 0


def test_the_number_of_a_single_picture_is_the_rank_by_size(stills):
    seen = list(watching.watch(footage.FrameReader(stills), FACES))
    assert [[face.track for face in faces] for _, faces in seen] == [[0]] * 2 + [[0, 1]] * 4
    for _, faces in seen[2:]:
        assert faces[0].detection.size > faces[1].detection.size
        assert numbers_by_place(faces) == [0, 1]  # the larger one is on the left


def test_images_with_a_frame_rate_are_watched_as_a_film(stills):
    reader = footage.FrameReader(stills, frame_rate=Fraction(12))
    seen = [numbers_by_place(faces) for _, faces in watching.watch(reader, FACES)]
    assert seen == [[0]] * 2 + [[1, 0]] * 4


def test_frames_may_come_another_way_and_a_finder_may_be_shared(couple):
    reader = footage.FrameReader(couple)
    whole = list(watching.watch(reader, FACES))
    finder = finding.FaceFinder(FACES)
    for _ in range(2):
        queued = iter(list(reader))
        again = list(watching.watch(reader, FACES, frames=queued, finder=finder))
        assert next(queued, None) is None
        for (_, one), (_, other) in zip(whole, again, strict=True):
            for face, same in zip(one, other, strict=True):
                assert face.track == same.track
                np.testing.assert_array_equal(face.landmarks_468, same.landmarks_468)
