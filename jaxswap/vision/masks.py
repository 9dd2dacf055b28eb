"""Masks drawn from dense landmarks: the whole face, the eyes, the mouth."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import types
from jaxswap.vision import mesh

OVERSAMPLING = 4
FOREHEAD = 0.4
"""How much of the forehead lies over the mesh, as a share of what lies in it."""

_CHIN = 152

EYE_MARGIN = 1 / 8  # lids and lashes belong to the eye: a margin of this share of its width


def regions(points: Float[np.ndarray, "468 2"], *, size: int) -> types.RegionsU8:
    """Masks of a square chip in 0..255, antialiased: channels are face oval, eyes, mouth.

    Args:
        points: the mesh in pixels of the chip.
        size: side of the chip in pixels.
    """
    eyes = [points[list(eye)] for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE)]
    width = max(float(np.ptp(eye, axis=0).max()) for eye in eyes)  # of the one that is seen better
    planes = [
        _fill([_hull(points, mesh.OVAL)], size),
        _fill(
            [_hull(points, eye) for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE)],
            size,
            EYE_MARGIN * width,
        ),
        _fill([_hull(points, mesh.LIPS)], size),
    ]
    return np.stack(planes, axis=-1)


def face_oval(points: Float[np.ndarray, "468 2"], *, size: int) -> UInt8[np.ndarray, "size size"]:
    """The face mask alone, [size, size] in 0..255."""
    return _fill([_hull(points, mesh.OVAL)], size)


def forehead_oval(
    points: Float[np.ndarray, "468 2"], *, size: int
) -> UInt8[np.ndarray, "size size"]:
    """The face mask drawn up to the hair, [size, size] in 0..255.

    The mesh ends in the middle of the forehead. Of the oval's points, those above the brows move up
    along the face by `FOREHEAD` of their height over them.
    """
    brows = points[[*mesh.LEFT_BROW, *mesh.RIGHT_BROW]].mean(axis=0)
    up = points[mesh.OVAL[0]] - points[_CHIN]
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    oval = points[list(mesh.OVAL)]
    heights = np.maximum((oval - brows) @ up, 0)
    raised = oval + FOREHEAD * heights[:, None] * up
    return _fill([cv2.convexHull(raised.astype(np.float32))[:, 0]], size)


def _hull(points: np.ndarray, indices: tuple[int, ...]) -> np.ndarray:
    return cv2.convexHull(points[list(indices)].astype(np.float32))[:, 0]


def _fill(polygons: list[np.ndarray], size: int, grown: float = 0.0) -> np.ndarray:
    """Convex polygons filled, and a margin of `grown` pixels around them."""
    fine = np.zeros((size * OVERSAMPLING, size * OVERSAMPLING), np.uint8)
    limit = 4 * size  # far points of a hostile record must not overflow OpenCV's fixed point
    line = round(2 * min(grown, size) * OVERSAMPLING)
    for polygon in polygons:
        corners = np.clip(polygon, -limit, limit) * OVERSAMPLING + (OVERSAMPLING - 1) / 2
        corners = np.rint(corners).astype(np.int32)
        cv2.fillPoly(fine, [corners], 255)
        if line:
            cv2.polylines(fine, [corners], isClosed=True, color=255, thickness=line)
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
