"""Two courses whose difference is known."""

import numpy as np
import pytest

from jaxswap.evaluation import agreement

COURSE = np.sin(np.arange(30.0))


def test_the_same_course():
    found = agreement.compare(COURSE, COURSE)
    assert (found.raw, found.error) == (0.0, 0.0)
    assert found.correlation == pytest.approx(1.0)


def test_a_constant_difference_is_raw_alone():
    found = agreement.compare(COURSE, COURSE - 0.25)
    assert found.raw == pytest.approx(0.25)
    assert found.error == pytest.approx(0.0, abs=1e-12)
    assert found.correlation == pytest.approx(1.0)


def test_what_comes_and_goes_is_an_error():
    found = agreement.compare(COURSE, COURSE + np.tile([0.1, 0.3], 15))
    assert found.raw == pytest.approx(0.2)
    assert found.error == pytest.approx(0.1)


def test_a_shuffled_course_does_not_correlate():
    shuffled = np.random.default_rng(0).permutation(np.tile(COURSE, 10))
    found = agreement.compare(np.tile(COURSE, 10), shuffled)
    assert abs(found.correlation) < 0.2
    assert found.error > 0.5


def test_a_course_that_never_moves_has_no_correlation():
    assert agreement.compare(COURSE, np.ones(30)).correlation is None


def test_short_courses_have_only_a_raw_error():
    found = agreement.compare(COURSE[:9], COURSE[:9] + 1)
    assert (found.error, found.correlation) == (None, None)
    assert found.raw == pytest.approx(1)
    assert agreement.compare(COURSE[:10], COURSE[:10]).error == 0.0


@pytest.mark.parametrize(("before", "after"), [(5, 4), (0, 0)])
def test_courses_must_match(before, after):
    with pytest.raises(ValueError, match="must match and not be empty"):
        agreement.compare(COURSE[:before], COURSE[:after])
