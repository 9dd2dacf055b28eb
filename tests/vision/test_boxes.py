"""Suppression against the definition, box by box, and in chunks."""

import numpy as np
import pytest

from jaxswap.vision import boxes as box_math


def random_boxes(*, count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 60, size=(count, 2))
    sides = rng.uniform(10, 40, size=(count, 2))
    return np.concatenate([low, low + sides, rng.uniform(size=(count, 1))], axis=1)


def overlap(first: np.ndarray, second: np.ndarray, *, by_smaller: bool) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return common / (min(areas) if by_smaller else sum(areas) - common)


@pytest.mark.parametrize("by_smaller", [False, True])
@pytest.mark.parametrize("chunk", [1, 7, 40, 512])
def test_a_box_stays_if_no_better_one_overlaps_it(monkeypatch, by_smaller, chunk):
    monkeypatch.setattr(box_math, "CHUNK", chunk)
    boxes = random_boxes(count=40)
    expected = [
        box
        for box in boxes
        if not any(
            other[4] > box[4] and overlap(box, other, by_smaller=by_smaller) > 0.3
            for other in boxes
        )
    ]
    expected.sort(key=lambda box: -box[4])
    assert 1 < len(expected) < 30
    np.testing.assert_array_equal(
        box_math.suppress(boxes, 0.3, by_smaller=by_smaller), np.stack(expected)
    )


def test_a_suppressed_box_suppresses_too():
    # Each overlaps the next by half of its width: the second falls, and takes the third with it.
    row = np.array([[0, 0, 10, 10, 0.9], [5, 0, 15, 10, 0.8], [10, 0, 20, 10, 0.7]])
    np.testing.assert_array_equal(box_math.suppress(row, 0.3), row[:1])


def test_of_two_equal_scores_the_later_box_stays():
    # As NumPy sorts so few, and as the package therefore chooses.
    boxes = np.array([[0, 0, 10, 10, 1.0], [1, 0, 11, 10, 1.0]])
    np.testing.assert_array_equal(box_math.suppress(boxes, 0.3), boxes[1:])


def test_no_boxes_and_boxes_inside_out_are_no_trouble():
    assert box_math.suppress(np.zeros((0, 5)), 0.5).shape == (0, 5)
    inside_out = np.array([[5, 5, 5, 5, 0.9], [9, 9, 2, 12, 0.8], [0, 0, 10, 10, 0.7]])
    np.testing.assert_array_equal(box_math.suppress(inside_out, 0.5), inside_out)


def test_squares_keep_the_centre_and_the_longer_side():
    boxes = random_boxes(count=20)
    squares = box_math.square(boxes)
    sides = squares[:, 2:4] - squares[:, :2]
    longest = (boxes[:, 2:4] - boxes[:, :2]).max(axis=1)
    np.testing.assert_allclose(sides, np.stack([longest, longest], axis=1))
    np.testing.assert_allclose(
        squares[:, :2] + squares[:, 2:4], boxes[:, :2] + boxes[:, 2:4], atol=1e-12
    )
    np.testing.assert_array_equal(squares[:, 4], boxes[:, 4])


def test_offsets_are_shares_of_the_inclusive_side():
    box = np.array([[10.0, 20.0, 19.0, 39.0, 0.5]])  # 10 wide and 20 high, counted inclusively
    moved = box_math.refine(box, np.array([[0.1, -0.1, 0.2, 0.5]]))
    np.testing.assert_allclose(moved, [[11.0, 18.0, 21.0, 49.0, 0.5]])


def test_overlaps_are_the_intersection_over_the_union():
    first, second = random_boxes(count=7), random_boxes(count=5, seed=1)
    expected = [[overlap(one, other, by_smaller=False) for other in second] for one in first]
    found = box_math.overlaps(first[:, :4], second[:, :4])
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert box_math.overlaps(first[:, :4], second[:0, :4]).shape == (7, 0)
