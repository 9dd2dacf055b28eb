import pytest

from jaxswap.conversion import batching


@pytest.fixture
def calls():
    """Kind and parts of every call."""
    return []


@pytest.fixture
def batcher(calls):
    def work(kind, parts):
        calls.append((kind, list(parts)))
        return [10 * kind + part for part in parts]

    return batching.Batcher(work, size=4, most_held=5)


def test_kinds_are_worked_on_apart_and_come_back_in_order(batcher, calls):
    items = [(index, [(1, index), (2, index)]) for index in range(5)]
    done = list(batcher.batched(items))
    assert done == [(index, [10 + index, 20 + index]) for index in range(5)]
    assert calls == [(1, [0, 1, 2, 3]), (2, [0, 1, 2, 3]), (1, [4]), (2, [4])]


def test_a_rare_kind_holds_the_others_up_for_so_long_only(batcher, calls):
    taken = []

    def items():
        for index in range(9):
            taken.append(index)
            yield index, [(1, index), *([(2, index)] if index == 1 else [])]

    left = [(item, len(taken)) for item, _ in batcher.batched(items())]
    assert left[0] == (0, 4)  # with its batch of kind 1
    assert left[1] == (1, 6)  # when five wait: alone of its kind, while kind 1 fills up
    assert [item for item, _ in left] == list(range(9))
    assert calls == [(1, [0, 1, 2, 3]), (2, [1]), (1, [4, 5, 6, 7]), (1, [8])]


def test_items_without_parts_pass_and_many_parts_are_split(batcher, calls):
    items = [("none", []), ("many", [(1, part) for part in range(7)]), ("none", [])]
    done = list(batcher.batched(items))
    assert done == [("none", []), ("many", [10 + part for part in range(7)]), ("none", [])]
    assert [len(parts) for _, parts in calls] == [4, 3]
