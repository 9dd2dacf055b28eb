"""Validation chips: held out, evenly spread over time, with everything that figures need."""

import numpy as np
import pytest

from jaxswap import errors
from pipelines import validation


def test_all_held_out_chips_in_the_order_of_time(built):
    images_u8, regions_u8, landmarks = validation.validation_chips(built, "a", limit=None)
    chips = built.source("a", "validation")
    assert images_u8.shape == regions_u8.shape == (len(chips), 32, 32, 3)
    assert landmarks.shape == (len(chips), 468, 2)
    for i in range(len(chips)):
        np.testing.assert_array_equal(images_u8[i], chips[i]["image"])
        np.testing.assert_array_equal(regions_u8[i], chips[i]["regions"])
        np.testing.assert_array_equal(landmarks[i], chips[i]["landmarks"])


def test_landmarks_lie_in_the_regions(built):
    _, regions_u8, landmarks = validation.validation_chips(built, "b", limit=2)
    for regions, points in zip(regions_u8, landmarks, strict=True):
        inside = points[(points > 0.02).all(axis=1) & (points < 0.98).all(axis=1)]
        x, y = (inside * regions.shape[0]).astype(int).T
        assert (regions[y, x, 0] > 0).mean() > 0.9  # the oval's own corners may round out of it


def test_a_limit_spreads_evenly(built):
    everything = validation.validation_chips(built, "a", limit=None)[0]
    two = validation.validation_chips(built, "a", limit=2)[0]
    np.testing.assert_array_equal(two, everything[[1, 4]])
    many = validation.validation_chips(built, "a", limit=1000)[0]
    np.testing.assert_array_equal(many, everything)


@pytest.mark.parametrize(("count", "limit"), [(10, 3), (100, 7), (5, 5), (9, 8), (1, 1)])
def test_indices_are_distinct_ordered_and_centred(count, limit):
    indices = validation.evenly(count, limit=limit)
    assert len(set(indices.tolist())) == limit
    assert (np.diff(indices) > 0).all()
    assert abs(indices.mean() - (count - 1) / 2) <= 0.5


def test_nothing_is_no_limit(built):
    with pytest.raises(ValueError, match="`limit` must be >= 1"):
        validation.validation_chips(built, "a", limit=0)


def test_an_unknown_identity_is_refused(built):
    with pytest.raises(errors.DatasetError, match="no identity 'eve'"):
        validation.validation_chips(built, "eve", limit=None)
