"""What could not be used, as a program reads it."""

import json
from fractions import Fraction
from pathlib import Path

from jaxswap import spans
from jaxswap.scale import failures, segments

SEGMENT = segments.Segment(
    path=Path("clips/ünder.mp4"),
    source=0,
    number=2,
    kept=spans.Span(Fraction(5, 2), None),
    read=spans.Span(Fraction(2), None),
    key="key",
)


def test_a_failure_is_a_line_with_path_second_and_reason(tmp_path):
    whole = failures.Failure(path="gone.mp4", start_s=None, reason="There is no file.")
    failures.write(tmp_path / "data", [failures.of(SEGMENT, "It is torn."), whole])
    assert failures.place(tmp_path / "data") == tmp_path / "data.failed.jsonl"
    lines = (tmp_path / "data.failed.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"path": "clips/ünder.mp4", "start_s": 2.5, "reason": "It is torn."},
        {"path": "gone.mp4", "start_s": None, "reason": "There is no file."},
    ]


def test_failures_of_an_earlier_run_go_when_there_are_none(tmp_path):
    failures.write(tmp_path / "data", [failures.of(SEGMENT, "It is torn.")])
    failures.write(tmp_path / "data", [])
    assert list(tmp_path.iterdir()) == []
