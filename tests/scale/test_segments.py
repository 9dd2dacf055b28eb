"""How footage is listed and cut."""

from fractions import Fraction

import pytest
from PIL import Image

from jaxswap import config, errors, footage
from jaxswap.scale import segments


def _cut(path, **values):
    return segments.cut(path, 0, scale=config.ScaleConfig(**values), settings=[])


def _times(segment):
    """Of the frames that are kept."""
    frames = list(footage.FrameReader(segment.path, span=segment.read))
    first, after = segments.ticks(segment, frames[0].time_base)
    return [f.pts for f in frames if f.pts >= first and (after is None or f.pts < after)]


def test_segments_share_no_frame_and_miss_none(demo_clips):
    cut = _cut(demo_clips["a_test"], segment_s=0.7, context_s=0.3)
    assert len(cut) > 2
    assert [pts for segment in cut for pts in _times(segment)] == [
        frame.pts for frame in footage.FrameReader(demo_clips["a_test"])
    ]


def test_a_short_rest_belongs_to_the_segment_before(demo_clips, tmp_path):
    length = footage.probe(demo_clips["a_test"]).duration_s
    assert len(_cut(demo_clips["a_test"], segment_s=length / 2.4)) == 2
    assert len(_cut(demo_clips["a_test"], segment_s=length / 2.6)) == 3
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "1.png")
    (whole,) = _cut(folder, segment_s=0.5)
    assert (whole.kept.start_s, whole.kept.end_s) == (0, None)


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


def test_a_list_is_read_line_by_line_and_each_footage_comes_once(tmp_path):
    listed = tmp_path / "all.txt"
    listed.write_text("b.mp4\n\n a.mp4 \nb.mp4\n")
    assert segments.listed(listed) == [tmp_path / "a.mp4", tmp_path / "b.mp4"]


def test_a_pattern_that_names_nothing_is_refused(tmp_path):
    with pytest.raises(errors.FootageError, match="names no footage"):
        segments.listed(tmp_path / "*.mp4")
