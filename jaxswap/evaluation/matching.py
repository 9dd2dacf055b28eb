"""Which face of the one frame is which of the other."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from jaxswap.faces import finding

MIN_OVERLAP = 0.3  # of the boxes before and after, below which they are two people


def same_place(face: finding.Face, candidates: Sequence[finding.Face]) -> finding.Face | None:
    """The candidate whose box overlaps that of `face` most; None if none does by enough."""
    overlaps = [_overlap(face.detection.box, other.detection.box) for other in candidates]
    if not overlaps or max(overlaps) < MIN_OVERLAP:
        return None
    return candidates[int(np.argmax(overlaps))]


def _overlap(a: Float[np.ndarray, " 4"], b: Float[np.ndarray, " 4"]) -> float:
    """Intersection over union of two boxes."""
    common = np.prod(np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])))
    return float(common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common))
