"""Masks drawn from dense landmarks: the whole face, the eyes, the mouth."""

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap import types
from jaxswap.faces import mesh

OVERSAMPLING = 4
EYE_GROWTH = 0.25  # eyelids and lashes belong to the eye: grown by this share of its width


def regions(points: Float[np.ndarray, "468 2"], *, size: int) -> types.RegionsU8:
    """Masks of a square chip in 0..255, antialiased: channels are face oval, eyes, mouth.

    Args:
        points: the mesh in pixels of the chip.
        size: side of the chip in pixels.
    """
    planes = [
        _fill([_hull(points, mesh.OVAL)], size),
        _fill([_eye(points, mesh.LEFT_EYE), _eye(points, mesh.RIGHT_EYE)], size),
        _fill([_hull(points, mesh.LIPS)], size),
    ]
    return np.stack(planes, axis=-1)


def face_oval(points: Float[np.ndarray, "468 2"], *, size: int) -> np.ndarray:
    """The face mask alone, [size, size] in 0..255."""
    return _fill([_hull(points, mesh.OVAL)], size)


def _hull(points: np.ndarray, indices: tuple[int, ...]) -> np.ndarray:
    return cv2.convexHull(points[list(indices)].astype(np.float32))[:, 0]


def _eye(points: np.ndarray, indices: tuple[int, ...]) -> np.ndarray:
    hull = _hull(points, indices)
    centre = (hull.max(axis=0) + hull.min(axis=0)) / 2
    grown = EYE_GROWTH * (hull[:, 0].max() - hull[:, 0].min()) / 2
    away = hull - centre
    return hull + grown * away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)


def _fill(polygons: list[np.ndarray], size: int) -> np.ndarray:
    fine = np.zeros((size * OVERSAMPLING, size * OVERSAMPLING), np.uint8)
    limit = 4 * size  # far points of a hostile record must not overflow OpenCV's fixed point
    for polygon in polygons:
        corners = np.clip(polygon, -limit, limit) * OVERSAMPLING + (OVERSAMPLING - 1) / 2
        cv2.fillPoly(fine, [np.rint(corners).astype(np.int32)], 255)
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
