"""The chips of one segment, as a worker finds them: of the wanted track, without context."""

from fractions import Fraction

import numpy as np
import pytest

from jaxswap import config, errors, images, spans
from jaxswap.scale import chips, segments
from pipelines import face_chips


def find(path, out, *, track="main", kept=spans.WHOLE, faces=None):
    job = chips.ChipJob(
        options=config.ExtractConfig(chip_size=64, track=track),
        faces=faces or config.FacesConfig(),
        chip_size=32,
    )
    segment = segments.Segment(
        path=path, source=3, number=0, kept=kept, read=spans.WHOLE, key="key"
    )
    job.load()(segment, out)
    return list(chips.examples(out))


def test_chips_of_the_main_track_are_whole_where_another_led_at_first(takeover, tmp_path):
    main = find(takeover, tmp_path / "main.npz")
    assert [one["frame"] for one in main] == list(range(4, 28))
    assert [one["key"] for one in main] == [f"3-{index:06d}-1.png" for index in range(4, 28)]
    numbered = find(takeover, tmp_path / "number.npz", track=1)
    assert (tmp_path / "main.npz").read_bytes() == (tmp_path / "number.npz").read_bytes()
    assert len(numbered) == 24
    chip_u8 = images.decode_u8(main[0]["image"].getvalue())
    assert chip_u8.shape == (32, 32, 3)
    times, noticed = chips.times(tmp_path / "main.npz")
    np.testing.assert_allclose(times, np.arange(4, 28) / 25, atol=1e-6)
    assert noticed == []


def test_chips_are_encoded_only_while_their_track_leads(couple, tmp_path, monkeypatch):
    made = []
    whole_example = face_chips.example

    def example(*arguments, **named):
        made.append(named["frame"])
        return whole_example(*arguments, **named)

    monkeypatch.setattr(face_chips, "example", example)
    assert len(find(couple, tmp_path / "chips.npz")) == 12
    assert made == list(range(12))  # of 20 faces


def test_frames_of_the_context_give_no_chips_and_count_for_nobody(takeover, tmp_path):
    """Of the first half second a, who is there longer, is the main one."""
    half = spans.Span(Fraction(0), Fraction(2, 5))
    found = find(takeover, tmp_path / "chips.npz", kept=half)
    assert [one["key"] for one in found] == [f"3-{index:06d}-0.png" for index in range(10)]


def test_footage_without_faces_leaves_a_file_without_chips(tmp_path):
    images.write_png(tmp_path / "wall.png", np.full((90, 90, 3), 120, np.uint8))
    assert find(tmp_path / "wall.png", tmp_path / "chips.npz") == []


def test_a_broken_file_is_named(takeover, tmp_path):
    path = tmp_path / "chips.npz"
    find(takeover, path, kept=spans.Span(Fraction(0), Fraction(1, 5)))
    assert list(chips.examples(path))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(errors.DatasetError, match=r"chips\.npz is broken .* start again"):
        list(chips.examples(path))
