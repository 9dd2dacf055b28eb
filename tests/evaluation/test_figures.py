"""Which candidate is the best."""

import pytest

from jaxswap.evaluation import figures


def figure(better: str, **values: float) -> figures.Figure:
    return figures.Figure(
        key="k",
        name="n",
        values=values,
        scale=figures.Scale("{:.1f}%", 100.0),
        better=better,
        meaning="",
    )


@pytest.mark.parametrize(("better", "best"), [("higher", {"c"}), ("lower", {"a"}), ("one", {"b"})])
def test_the_best_is_told_by_the_direction(better, best):
    assert figure(better, a=0.5, b=1.5, c=2.5).best == best


def test_a_seam_and_a_blur_of_one_ratio_are_equal():
    assert figure("one", a=0.5, b=2.0, c=4.0).best == {"a", "b"}


def test_one_candidate_is_not_the_best_and_the_footage_does_not_compete():
    assert figure("higher", footage=2.0, a=1.0).best == set()
    assert figure("higher", footage=2.0, a=1.0, b=0.0).best == {"a"}


def test_values_are_shown_with_their_unit():
    assert figure("higher", a=0.123).shown("a") == "12.3%"
    assert figure("higher", a=0.123).shown("b") is None
