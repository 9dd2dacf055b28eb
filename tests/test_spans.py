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
