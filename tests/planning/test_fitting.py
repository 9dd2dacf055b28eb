"""The largest batch is found between one that was taken and one that was not."""

import pytest

from jaxswap.planning import fitting


def search(most, **begin):
    tried = []

    def accepts(batch):
        tried.append(batch)
        return batch <= most

    return fitting.largest_batch(accepts, **begin), tried


@pytest.mark.parametrize("most", [64, 65, 100, 127, 128, 1000, 1024, 5000])
@pytest.mark.parametrize("first", [None, 64, 256, 4096])
def test_the_largest_is_found_to_an_eighth(most, first):
    found, tried = search(most, known=64, first=first)
    assert 64 <= found.largest <= most < found.refused
    assert found.compiles == len(tried) <= fitting.MOST_COMPILES
    if found.compiles < fitting.MOST_COMPILES:
        assert found.refused - found.largest <= max(1, found.largest // 8)


def test_a_good_guess_saves_compiles():
    assert search(1000, known=8, first=512)[0].compiles < search(1000, known=8)[0].compiles


def test_nothing_is_tried_without_end():
    found, tried = search(10**9, known=2**14)
    assert (found.largest, found.refused, tried) == (2**16, None, [2**15, 2**16])
