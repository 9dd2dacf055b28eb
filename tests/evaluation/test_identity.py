"""Identity distances; what needs the extra's packages is skipped without them."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

from jaxswap import config, errors, footage
from jaxswap.evaluation import clip, identity
from jaxswap.faces import alignment, chips, finding

needs_extra = pytest.mark.skipif(
    not identity.is_available(), reason='the extra is not installed: pip install ".[identity]"'
)


def descriptor(*values: float) -> np.ndarray:
    return np.array([*values, *[0.0] * (128 - len(values))])


def test_distances_of_known_descriptors():
    pictures = np.stack([descriptor(0, 0), descriptor(0, 3)])
    references = np.stack([descriptor(4, 0), descriptor(-4, 0)])
    found = identity.distances(pictures, references)
    assert found.pairs == pytest.approx((4 + 4 + 5 + 5) / 4)
    assert found.center == pytest.approx((0 + 3) / 2)


def test_scatter_leaves_out_a_picture_beside_itself():
    assert identity.scatter(np.stack([descriptor(0), descriptor(1), descriptor(3)])) == 2.0
    assert identity.scatter(descriptor(1)[None]) is None


def test_no_distance_from_nothing():
    with pytest.raises(ValueError, match="empty"):
        identity.distances(np.zeros((0, 128)), descriptor(0)[None])


@pytest.mark.parametrize("package", ["dlib", "face_recognition_models"])
def test_without_the_extra(monkeypatch, package):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == package else find_spec(name)
    )
    assert not identity.is_available()


def test_missing_packages_name_the_remedy(monkeypatch):
    monkeypatch.setattr(identity, "_find_model", lambda: None)
    with pytest.raises(errors.MissingExtraError, match=r'pip install "jaxswap\[identity\]"'):
        identity.Describer()


@pytest.fixture(scope="module")
def people(demo_clips) -> dict[str, identity.Reference]:
    """Four frames of each person in other motion and light than in the clips that are compared."""
    return {name: reference(demo_clips[f"{name}_train"], every=120) for name in ("a", "b")}


def reference(path: Path, *, every: int) -> identity.Reference:
    finder = finding.FaceFinder(config.FacesConfig())
    found = list(finder.find_all(footage.FrameReader(path, every=every)))
    return identity.Reference(
        images_u8=np.stack([frame.image_u8 for frame, _ in found]),
        landmarks=np.stack([faces[0].landmarks_468 for _, faces in found]),
    )


@needs_extra
def test_people_are_nearer_to_themselves(demo_clips, people):
    describer = identity.Describer()
    known = {name: describer.describe_all(person) for name, person in people.items()}
    for name, other in itertools.permutations(known):
        seen = describer.describe_all(reference(demo_clips[f"{name}_test"], every=50))
        assert identity.distances(seen, known[name]).pairs < 0.45
        assert identity.distances(seen, known[other]).pairs > identity.SAME_PERSON
        assert identity.distances(seen, known[name]).center < identity.SAME_PERSON / 2


@needs_extra
def test_a_chip_describes_the_face_of_its_frame(people):
    describer = identity.Describer()
    image_u8, points = people["a"].images_u8[0], people["a"].landmarks[0]
    chip_from_frame = alignment.chip_from_frame(points, chip_size=256)
    in_chip = points @ chip_from_frame[:, :2].T + chip_from_frame[:, 2]
    chip = describer.describe(chips.cut_chip(image_u8, chip_from_frame, 256), in_chip)
    assert np.linalg.norm(chip - describer.describe(image_u8, points)) < 0.2


@needs_extra
def test_clips_are_compared_with_both_identities(before, people):
    found = clip.evaluate_clip(
        before,
        before,
        from_identity="a",
        to_identity="b",
        faces=config.FacesConfig(),
        references=people,
    ).identities
    assert found.described == 14
    assert found.before == found.after
    assert found.after["a"].pairs < 0.45 < identity.SAME_PERSON < found.after["b"].pairs
    assert found.apart > identity.SAME_PERSON
    assert found.scatter["a"] < 0.45
