"""How far apart two people look, by dlib's face descriptor (`jaxswap.vision.descriptor`)."""

import dataclasses

import numpy as np
from jaxtyping import Float

from jaxswap.vision import descriptor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Distances:
    """How far pictures are from those of a person; lower is nearer.

    Attributes:
        pairs: mean distance over all pairs of a picture and a reference, to be compared with 0.6.
        center: mean distance of the pictures to the mean of the references; always below `pairs`,
            since the scatter of the references drops out.
    """

    pairs: float
    center: float


def distances(
    descriptors: descriptor.Descriptors, references: Float[np.ndarray, "m 128"]
) -> Distances:
    """Euclidean distances between two sets of descriptors.

    Raises:
        ValueError: if one of them is empty.
    """
    if not len(descriptors) or not len(references):
        raise ValueError("There is no distance to or from an empty set of descriptors.")
    pairs = np.linalg.norm(descriptors[:, None] - references[None], axis=-1)
    center = np.linalg.norm(descriptors - references.mean(0), axis=-1)
    return Distances(pairs=float(pairs.mean()), center=float(center.mean()))


def scatter(descriptors: descriptor.Descriptors) -> float | None:
    """Mean distance between two different pictures of one person; None if there is only one."""
    first, second = np.triu_indices(len(descriptors), k=1)
    if not len(first):
        return None
    return float(np.linalg.norm(descriptors[first] - descriptors[second], axis=-1).mean())
