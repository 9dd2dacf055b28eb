"""What a reader is asked for: every n-th frame, a part, frames once more."""

import os
from fractions import Fraction

import numpy as np
import pytest

from jaxswap import errors, footage, images, spans


def span(start: str, end: str | None = None) -> spans.Span:
    return spans.Span(Fraction(start), None if end is None else Fraction(end))


def test_every_nth_frame_keeps_its_index_and_time(clip):
    reader = footage.FrameReader(clip, every=7)
    frames = list(reader)
    assert [frame.index for frame in frames] == [0, 7, 14, 21, 28]
    assert frames[2].time_s == pytest.approx(0.56)
    assert reader.num_frames == 5
    assert reader.notices.lines == ()


def test_frames_are_read_again_up_to_the_last_that_is_asked_for(clip, decoded):
    reader = footage.FrameReader(clip)
    whole = {frame.index: frame for frame in reader}
    decoded.clear()
    assert list(reader.again([])) == []
    assert not decoded
    again = list(reader.again({9, 2}))
    assert [frame.index for frame in again] == [2, 9]
    for frame in again:
        np.testing.assert_array_equal(frame.image_u8, whole[frame.index].image_u8)
    assert len(decoded) < 20
    with pytest.raises(errors.FootageError, match=r"clip\.mp4 changed while it was read"):
        list(reader.again({29, 30}))


def test_every_must_be_positive(clip):
    with pytest.raises(ValueError, match="`every` must be >= 1, not 0"):
        footage.FrameReader(clip, every=0)


def test_a_part_that_is_not_there_is_refused(clip, tmp_path, draw):
    with pytest.raises(errors.FootageError, match=r"ends after 1.2 s, before --start 5"):
        footage.FrameReader(clip, span=span("5"))
    with pytest.raises(errors.FootageError, match="no frame between --start and --end"):
        list(footage.FrameReader(clip, span=span("0.81", "0.82")))
    images.write_png(tmp_path / "still.png", draw(0))
    with pytest.raises(errors.FootageError, match="no times to cut by"):
        footage.FrameReader(tmp_path / "still.png", span=span("1"))
    with pytest.raises(errors.FootageError, match="no folder of images"):
        footage.FrameReader(clip, frame_rate=Fraction(25))


def test_the_number_of_frames_is_certain_in_the_end(write_film, tmp_path):
    """Headers may say more, as of a film that was cut off, or less, as of joined streams."""
    whole = write_film(tmp_path / "whole.avi", picture="mpeg4", sound=None)
    content = whole.read_bytes()
    frames = content.index(b"movi")
    (tmp_path / "cut.avi").write_bytes(content[: (frames + len(content)) // 2])
    reader = footage.FrameReader(tmp_path / "cut.avi")
    assert reader.num_frames == 50
    count = len(list(reader))
    assert count < 40
    assert reader.num_frames == count
    part = write_film(tmp_path / "part.ts").read_bytes()
    (tmp_path / "joined.ts").write_bytes(part + part)
    reader = footage.FrameReader(tmp_path / "joined.ts")
    totals = [reader.num_frames for _ in reader]
    assert totals == [50] * 50 + [None] * 50
    assert reader.num_frames == 100


@pytest.mark.parametrize("name", ["pipe", "pipe.mp4", "pipe.png"])
def test_a_pipe_is_refused_with_a_remedy(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(errors.FootageError, match=r"is a pipe .* Save the footage to a file"):
        footage.FrameReader(tmp_path / name)
