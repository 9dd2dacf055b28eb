"""Boxes of the detector, rows of (x0, y0, x1, y1, score) in pixels, in the way of mtcnn 1.0.0."""

import numpy as np
from jaxtyping import Bool, Float

CHUNK = 512  # boxes that are compared at a time with all better ones: bounds the memory


def suppress(
    boxes: Float[np.ndarray, "n c"], threshold: float, *, by_smaller: bool = False
) -> Float[np.ndarray, "m c"]:
    """Drop every box that overlaps a better one by more than `threshold`, best first.

    Any better box suppresses, one that is itself suppressed too: so does mtcnn 1.0.0, and the
    faces must be the same. Overlap is the intersection over the union, or over the smaller box.
    """
    # Scores of 1 are often equal; the package's very call decides between them as the package does.
    boxes = boxes[np.argsort(boxes[:, 4])[::-1]]
    kept = [
        ~_suppressed(boxes[: start + CHUNK], start, threshold, by_smaller=by_smaller)
        for start in range(0, len(boxes), CHUNK)
    ]
    return boxes[np.concatenate(kept)] if kept else boxes


def _suppressed(
    boxes: Float[np.ndarray, "n c"], start: int, threshold: float, *, by_smaller: bool
) -> Bool[np.ndarray, " m"]:
    """Which of the boxes from `start` on overlap one before them."""
    area = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1)
    low = np.maximum(boxes[:, None, :2], boxes[None, start:, :2])
    high = np.minimum(boxes[:, None, 2:4], boxes[None, start:, 2:4])
    common = np.prod(np.maximum(0, high - low), axis=-1)
    if by_smaller:
        whole = np.minimum(area[:, None], area[None, start:])
    else:
        whole = area[:, None] + area[None, start:] - common
    overlaps = common > threshold * np.maximum(whole, 0)  # boxes turned inside out have no area
    return np.triu(overlaps, 1 - start).any(axis=0)


def square(boxes: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n c"]:
    """Grow the shorter side about the centre."""
    boxes = boxes.copy()
    sides = boxes[:, 2:4] - boxes[:, :2]
    longest = sides.max(axis=1, keepdims=True)
    boxes[:, :2] += (sides - longest) / 2
    boxes[:, 2:4] = boxes[:, :2] + longest
    return boxes


def refine(
    boxes: Float[np.ndarray, "n c"], offsets: Float[np.ndarray, "n 4"]
) -> Float[np.ndarray, "n c"]:
    """Move each corner by its offset, a share of the box's (inclusive) side."""
    boxes = boxes.copy()
    sides = boxes[:, 2:4] - boxes[:, :2] + 1
    boxes[:, :4] += offsets * np.concatenate([sides, sides], axis=1)
    return boxes


def overlaps(
    first: Float[np.ndarray, "n 4"], second: Float[np.ndarray, "m 4"]
) -> Float[np.ndarray, "n m"]:
    """Intersection over union of each of the first with each of the second, in [0, 1].

    Boxes are (x0, y0, x1, y1) with x1 and y1 exclusive, and not empty.
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.prod(np.maximum(0, high - low), axis=-1)
    areas = [np.prod(part[:, 2:] - part[:, :2], axis=1) for part in (first, second)]
    return common / (areas[0][:, None] + areas[1][None] - common)
