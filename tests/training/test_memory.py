import sys

import pytest

from jaxswap.training import memory


def resident() -> int:
    """Bytes that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as told:
        return int(told.read().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps what was freed")
def test_what_was_freed_in_small_pieces_is_given_back():
    pieces = [bytearray(100_000) for _ in range(1_000)]  # too small for pages of their own
    last = bytearray(100_000)  # holds the end of the heap, so that it cannot shrink by itself
    del pieces
    before = resident()
    memory.give_back()
    assert resident() < before - 50 * 2**20
    assert len(last)


def test_elsewhere_nothing_is_done(monkeypatch):
    asked = []
    monkeypatch.setattr(memory.ctypes, "CDLL", asked.append)
    monkeypatch.setattr(sys, "platform", "win32")
    memory.give_back()
    assert asked == []
