"""How footage is listed and cut, and that a result is written once."""

from fractions import Fraction

import pytest

from jaxswap import config, errors, footage
from jaxswap.scale import running, segments


class _Lengths:
    """Writes how many frames are kept of a segment."""

    suffix = ".txt"

    def load(self):
        return self._write

    def _write(self, segment, path):
        bounds, kept = None, 0
        for frame in footage.FrameReader(segment.path, span=segment.read):
            bounds = bounds or segments.ticks(segment, frame.time_base)
            kept += frame.pts >= bounds[0] and (bounds[1] is None or frame.pts < bounds[1])
        path.write_text(str(kept))


def _cut(path, **values):
    return segments.cut(path, 0, scale=config.ScaleConfig(**values), settings=[])


def test_segments_share_no_frame_and_miss_none(demo_clips, tmp_path):
    cut = _cut(demo_clips["a_test"], segment_s=0.7, context_s=0.3)
    work = running.Worker(_Lengths(), tmp_path)
    for segment in cut:
        work(segment)
    counts = [int(running.result(tmp_path, one, _Lengths()).read_text()) for one in cut]
    assert len(cut) > 2
    assert sum(counts) == sum(1 for _ in footage.FrameReader(demo_clips["a_test"]))


def test_context_reaches_over_both_ends_of_a_segment(demo_clips):
    second = _cut(demo_clips["a_test"], segment_s=0.7, context_s=0.3)[1]
    assert second.kept.start_s - second.read.start_s == Fraction(3, 10)
    assert second.read.end_s - second.kept.end_s == Fraction(3, 10)


def test_a_key_changes_with_the_settings_alone(demo_clips):
    keys = [
        [one.key for one in _cut(demo_clips["a_test"], segment_s=length)]
        for length in (0.7, 0.7, 0.8)
    ]
    assert keys[0] == keys[1]
    assert not set(keys[0]) & set(keys[2])


def test_what_is_done_is_not_done_again(demo_clips, tmp_path):
    (segment,) = _cut(demo_clips["a_test"])
    running.Worker(_Lengths(), tmp_path)(segment)
    written = running.result(tmp_path, segment, _Lengths())
    written.write_text("kept")
    running.Worker(_Lengths(), tmp_path)(segment)
    assert written.read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


def test_footage_that_breaks_leaves_its_reason_and_no_result(demo_clips, tmp_path):
    (segment,) = _cut(demo_clips["a_test"])
    gone = tmp_path / "gone.mp4"
    broken = segments.Segment(**{**vars(segment), "path": gone})
    running.Worker(_Lengths(), tmp_path)(broken)
    assert not running.done(tmp_path, broken, _Lengths())
    assert "There is no file" in running.reason(tmp_path, broken)


def test_a_list_is_read_line_by_line_and_each_footage_comes_once(tmp_path):
    listed = tmp_path / "all.txt"
    listed.write_text("b.mp4\n\n a.mp4 \nb.mp4\n")
    assert segments.listed(listed) == [tmp_path / "a.mp4", tmp_path / "b.mp4"]


def test_a_pattern_that_names_nothing_is_refused(tmp_path):
    with pytest.raises(errors.FootageError, match="names no footage"):
        segments.listed(tmp_path / "*.mp4")
