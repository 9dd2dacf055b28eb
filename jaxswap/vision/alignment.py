"""Alignment: the similarity that takes a face to the one template, the mean face."""

import functools
import json
from importlib import resources

import numpy as np
from jaxtyping import Float

from jaxswap import geometry, types
from jaxswap.vision import mesh

TEMPLATE = "jaxswap-mesh-1"
"""Name of the template; it is written into facesets and changes when the numbers change."""

FACE_HEIGHT = 0.56
"""Height of the template's face oval, as a share of the chip's side."""


@functools.cache
def mean_face() -> Float[np.ndarray, "468 2"]:
    """The template in unit coordinates: the chip's side is 1, (0.5, 0.5) its middle.

    The face oval is centred and 0.56 high, so that the central 0.625 of the chip holds it with a
    margin. tools/mean_face.py computes it from the embedded footage.
    """
    asset = resources.files("jaxswap.vision") / "assets" / "mean_face.json"
    points = np.array(json.loads(asset.read_text(encoding="utf-8")), np.float64)
    points.flags.writeable = False  # it is shared by all callers
    return points


def chip_from_frame(
    landmarks: Float[np.ndarray, "468 2"], *, chip_size: int, coverage: float = 1.0
) -> types.Similarity:
    """The similarity that takes frame pixels to pixels of the chip, or of its central part.

    Convention: maps frame -> chip ("push"), centres at integers. With `coverage` c the result is a
    raster of `chip_size` pixels over the central c of the chip's side: the network's view.
    """
    unit = (mean_face() - 0.5) / coverage + 0.5
    stable = list(mesh.STABLE)
    return geometry.estimate_similarity(landmarks[stable], unit[stable] * chip_size - 0.5)
