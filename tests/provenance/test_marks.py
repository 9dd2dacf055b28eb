"""What a mark may hold, and its sentence for people."""

import dataclasses

import pytest

from jaxswap.provenance import marks


@pytest.mark.parametrize("value", ["", "two\nlines", "x" * 201, "\x00"])
def test_values_that_xml_would_change_are_refused(mark, value):
    with pytest.raises(ValueError, match="printable"):
        marks.MarkedSwap(person="a", identity=value)
    with pytest.raises(ValueError, match="printable"):
        dataclasses.replace(mark, run_fingerprint=value)


def test_the_number_of_swaps_is_bounded(mark):
    one = mark.swaps[:1]
    assert len(dataclasses.replace(mark, swaps=one * marks.MAX_SWAPS).swaps) == marks.MAX_SWAPS
    for swaps in ((), one * (marks.MAX_SWAPS + 1)):
        with pytest.raises(ValueError, match="people"):
            dataclasses.replace(mark, swaps=swaps)


def test_the_sentence_names_everyone_and_the_kind(mark):
    assert marks.comment(mark, kind="video") == (
        f"Synthetic media: faces in this video replaced by jaxswap {mark.version} "
        '(a by Bé & "<b>", [ben].jpg by a; run 0123abcd).'
    )
    one = dataclasses.replace(mark, swaps=mark.swaps[:1])
    assert "a face in this image replaced" in marks.comment(one, kind="image")
