from fractions import Fraction

import pytest

from jaxswap import spans


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90.5", Fraction(181, 2)),
        ("1:30.5", Fraction(181, 2)),
        ("01:02:03.004", Fraction(3723004, 1000)),
        ("0.04", Fraction(1, 25)),
        ("75:00", None),
        ("59:59", 3599),
        ("1:60", None),
        ("-1", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_are_read_exactly(text, seconds):
    if seconds is None:
        with pytest.raises(ValueError, match="write seconds, MM:SS or HH:MM:SS"):
            spans.seconds(text)
    else:
        assert spans.seconds(text) == seconds


def test_a_span_holds_its_start_and_not_its_end():
    span = spans.Span(Fraction(1, 10), Fraction(2, 10))
    assert span.ticks(Fraction(1, 100), origin=5) == (15, 25)
    assert span.ticks(Fraction(1, 24), origin=0) == (3, 5)  # 0.125 and 0.208 are the next frames
    assert spans.WHOLE.ticks(Fraction(1, 100), origin=5) == (5, None)


@pytest.mark.parametrize(("start", "end"), [(-1, None), (2, 2), (3, 2)])
def test_an_impossible_span_is_refused(start, end):
    with pytest.raises(ValueError, match=r"`start` must be|must be after `start`"):
        spans.Span(Fraction(start), None if end is None else Fraction(end))


def test_a_span_between_numbers_or_words():
    assert spans.between(0, None) == spans.WHOLE
    assert spans.between(0.1, "1:00") == spans.Span(Fraction(1, 10), Fraction(60))
    assert spans.between(Fraction(1, 3), 2) == spans.Span(Fraction(1, 3), Fraction(2))
    with pytest.raises(ValueError, match="no time"):
        spans.between(-1, None)


@pytest.mark.parametrize("value", ["30000/1001", Fraction(30000, 1001)])
def test_a_frame_rate_is_exact(value):
    assert spans.frame_rate(value) == Fraction(30000, 1001)


@pytest.mark.parametrize("value", ["fast", "1/0", 0, -25, 1001])
def test_a_frame_rate_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match=r"in \(0, 1000\], like 25"):
        spans.frame_rate(value)
