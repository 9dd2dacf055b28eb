import itertools
import threading

import pytest

from jaxswap.conversion import stages


def test_order_is_kept_through_many_stages():
    with stages.Line() as line:
        items = line.ahead(range(100), bound=2)
        for _ in range(3):
            items = line.ahead((item + 1 for item in items), bound=2)
        assert list(items) == [item + 3 for item in range(100)]


def test_queues_are_bounded():
    made = []

    def source():
        for item in itertools.count():
            made.append(item)
            yield item

    with stages.Line() as line:
        items = line.ahead(source(), bound=3)
        for _ in range(10):
            next(items)
            # 3 wait, and one more is in the hand of the thread.
            assert len(made) <= 10 + 3 + 1
        threading.Event().wait(0.3)
        assert len(made) <= 10 + 3 + 1


def test_an_error_comes_in_its_turn_and_ends_all_threads():
    def broken():
        yield 1
        raise RuntimeError("the third stage of three")

    before = threading.active_count()
    seen = []

    def use():
        with stages.Line() as line:
            items = line.ahead((i for i in broken()), bound=1)
            for item in line.ahead((i for i in items), bound=1):
                seen.append(item)

    with pytest.raises(RuntimeError, match="third stage"):
        use()
    assert seen == [1]
    assert threading.active_count() == before


def test_leaving_early_stops_and_closes_the_source():
    closed = threading.Event()

    def source():
        try:
            yield from itertools.count()
        finally:
            closed.set()

    before = threading.active_count()

    def use():
        with stages.Line() as line:
            for item in line.ahead((i for i in line.ahead(source(), bound=1)), bound=1):
                if item == 5:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
    assert closed.wait(5)
    assert threading.active_count() == before
