import itertools
import threading
import time

import pytest

from jaxswap.conversion import stages


def test_order_is_kept_through_many_stages():
    with stages.Line() as line:
        items = line.ahead("a", range(100), bound=2)
        for _ in range(3):
            items = line.ahead("b", (item + 1 for item in items), bound=2)
        assert list(items) == [item + 3 for item in range(100)]


def test_queues_are_bounded():
    made = []

    def source():
        for item in itertools.count():
            made.append(item)
            yield item

    with stages.Line() as line:
        items = line.ahead("a", source(), bound=3)
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
            items = line.ahead("b", (i for i in broken()), bound=1)
            for item in line.ahead("b", (i for i in items), bound=1):
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
            for item in line.ahead("b", (i for i in line.ahead("a", source(), bound=1)), bound=1):
                if item == 5:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
    assert closed.wait(5)
    assert threading.active_count() == before


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_mapped_items_keep_their_order_however_long_each_takes(workers):
    def slow_at_first(item):
        time.sleep(0.02 if item % 4 == 0 else 0)
        return item * item

    with stages.Line() as line:
        items = line.mapped("square", slow_at_first, range(40), workers=workers, bound=8)
        assert list(items) == [item * item for item in range(40)]


def test_mapped_works_at_the_same_time_and_within_its_bound():
    together = threading.Barrier(3, timeout=5)
    begun = []

    def meet(item):
        begun.append(item)
        together.wait()
        return item

    with stages.Line() as line:
        items = line.mapped(
            "meet", meet, itertools.islice(itertools.count(), 99), workers=3, bound=4
        )
        for _ in range(6):
            next(items)
        threading.Event().wait(0.3)
        assert len(begun) <= 6 + 4 + 1
        together.abort()


def test_an_error_of_a_mapped_function_comes_in_its_turn_and_ends_all_threads():
    def third_fails(item):
        if item == 2:
            raise RuntimeError("the third")
        time.sleep(0.01)
        return item

    before = threading.active_count()
    seen = []

    def use():
        with stages.Line() as line:
            items = line.mapped("b", third_fails, itertools.count(), workers=4, bound=4)
            for item in line.ahead("c", items, bound=1):
                seen.append(item)

    with pytest.raises(RuntimeError, match="the third"):
        use()
    assert seen == [0, 1]
    assert threading.active_count() == before

    def stopped():
        with stages.Line() as line:
            for item in line.mapped("b", lambda x: x, itertools.count(), workers=4, bound=4):
                if item == 5:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert threading.active_count() == before


def test_a_stage_is_charged_for_its_work_and_not_for_waiting():
    def work(items, seconds):
        for item in items:
            time.sleep(seconds)
            yield item

    with stages.Line() as line:
        items = line.ahead("quick", work(range(10), 0.002), bound=2)
        items = line.ahead("slow", work(items, 0.03), bound=2)
        items = line.mapped("shared", lambda x: time.sleep(0.04), items, workers=4, bound=8)
        assert len(list(line.ahead("last", items, bound=2))) == 10
    quick, slow, shared, last = line.stages
    assert [stage.items for stage in line.stages] == [10] * 4
    # Sleeping takes at least as long as it is told to; only the bounds that hold on any machine.
    assert quick.busy_s >= 0.02
    assert slow.busy_s >= 0.3
    assert shared.worked_s >= 0.4
    assert shared.busy_s == shared.worked_s / 4
    assert last.busy_s < slow.busy_s
    assert line.slowest.name in ("slow", "shared")


def test_preparation_comes_first_and_is_not_charged():
    done = []
    with stages.Line() as line:
        made = ((item, len(done)) for item in range(3))
        items = line.ahead("a", made, bound=1, prepare=lambda: done.append(time.sleep(0.5)))
        assert list(items) == [(0, 1), (1, 1), (2, 1)]
    assert line.stages[0].busy_s < 0.5

    def fail():
        raise RuntimeError("no memory")

    def use():
        with stages.Line() as line:
            list(line.ahead("a", range(3), bound=1, prepare=fail))

    with pytest.raises(RuntimeError, match="no memory"):
        use()
