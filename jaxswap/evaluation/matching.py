"""Which face of the one frame is which of the other."""

from collections.abc import Sequence

import numpy as np

from jaxswap.faces import boxes, finding

MIN_OVERLAP = 0.3  # of the boxes before and after, below which they are two people


def same_place(face: finding.Face, candidates: Sequence[finding.Face]) -> finding.Face | None:
    """The candidate whose box overlaps that of `face` most; None if none does by enough."""
    if not candidates:
        return None
    places = np.stack([other.detection.box for other in candidates])
    overlaps = boxes.overlaps(face.detection.box[None], places)[0]
    best = int(np.argmax(overlaps))
    return candidates[best] if overlaps[best] >= MIN_OVERLAP else None
