"""A run on arrays: the same faces as the conversion's, for any number of chips of any size."""

import numpy as np
import pytest

import jaxswap
from jaxswap import images, runs
from jaxswap.augmentation import view


@pytest.fixture(scope="module")
def opened(trained):
    return jaxswap.open_run(trained)


@pytest.fixture(scope="module")
def chips_u8(facesets):
    paths = sorted((facesets["a"] / "chips").iterdir())[:18]  # more than one batch
    return np.stack([images.read_u8(path) for path in paths])


def test_a_run_says_what_it_is(opened, trained):
    run = runs.Run.open(trained)
    assert opened.identities == ("a", "b")
    assert (opened.step, opened.config) == (4, run.config)
    assert opened.digest == run.fingerprint() == jaxswap.info(trained)["parameters_sha256"]
    assert runs.parameters_sha256(opened.parameters) == opened.digest


def test_faces_lie_over_the_view_of_the_chips(opened, chips_u8):
    faces, masks = opened.swap(chips_u8, to="b")
    size = opened.image_size
    assert (faces.shape, masks.shape) == ((18, size, size, 3), (18, size, size, 1))
    assert (faces.dtype, masks.dtype) == (np.float32, np.float32)
    assert 0 <= faces.min() <= faces.max() <= 1
    seen = opened.view(chips_u8)
    assert seen.shape == faces.shape
    expected = view.view(chips_u8, size=size, coverage=opened.coverage)
    np.testing.assert_array_equal(seen, expected)


def test_a_face_does_not_depend_on_the_chips_beside_it(opened, chips_u8):
    many, _ = opened.swap(chips_u8, to="a")
    one, _ = opened.swap(chips_u8[17:], to="a")
    np.testing.assert_allclose(one[0], many[17], atol=1e-5)
    none, _ = opened.swap(chips_u8[:0], to="a")
    assert none.shape == (0, *many.shape[1:])


def test_each_identity_has_a_face_of_its_own(opened, chips_u8):
    a, b = (opened.swap(chips_u8[:2], to=name)[0] for name in "ab")
    assert np.abs(a - b).max() > 0.001


def test_an_unknown_identity_is_refused(opened, chips_u8):
    with pytest.raises(jaxswap.RunError, match=r"no identity 'eve'; it has a, b"):
        opened.swap(chips_u8, to="eve")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(jaxswap.RunError, match="no run folder"):
        jaxswap.open_run(tmp_path)
