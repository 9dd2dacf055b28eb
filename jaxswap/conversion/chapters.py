"""Chapters of footage, cut to a part of it and moved to its times."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from jaxswap import spans

if TYPE_CHECKING:
    from av.container.core import Chapter


def cut(
    chapters: "Sequence[Chapter]", *, span: spans.Span, origin_s: Fraction, zero_s: Fraction
) -> "list[Chapter]":
    """The chapters of a part of the footage.

    Args:
        chapters: of the footage.
        span: the part.
        origin_s: time of the footage's first frame in seconds.
        zero_s: what becomes 0 of the footage's times, in seconds.
    """
    last_s = max((c["end"] * c["time_base"] for c in chapters if c["time_base"]), default=zero_s)
    if span == spans.WHOLE and (not zero_s or last_s <= zero_s):
        return list(chapters)  # of another clock, which begins at 0 already
    from_s = origin_s + span.start_s if span.start_s else min(zero_s, origin_s)
    until_s = None if span.end_s is None else origin_s + span.end_s
    kept = []
    for chapter in chapters:
        unit = chapter["time_base"]
        if unit is None:
            continue
        begin_s, end_s = max(chapter["start"] * unit, from_s), chapter["end"] * unit
        end_s = end_s if until_s is None else min(end_s, until_s)
        if begin_s < end_s:
            chapter["start"] = round((begin_s - zero_s) / unit)
            chapter["end"] = round((end_s - zero_s) / unit)
            kept.append(chapter)
    return kept
