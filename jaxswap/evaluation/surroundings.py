"""Whether the colour of the face fits that of the skin around it.

Two mean colours in CIE L*a*b* are compared by CIEDE2000, before and after the swap: that of the
face (inside the oval, without eyes, brows and lips), and that of the skin in a ring around the oval
(forehead, cheeks, neck). Which pixels of the ring are skin is told from the footage: those whose
colour lies within three standard deviations of the face's (Mahalanobis distance). The same pixels
are taken in both frames.

A face and its neck differ in any footage, so the figure is the distance after less that before: 0
is as in the footage, above 0 a face that stands out more.

Reference: Sharma et al. 2005, https://doi.org/10.1002/col.20070 (CIEDE2000)
"""

import dataclasses

import cv2
import numpy as np
from jaxtyping import Bool, Float

from jaxswap import geometry, types
from jaxswap.evaluation import color_difference
from jaxswap.vision import alignment, chips, mesh

SIZE = 160  # side in pixels of the aligned raster; the oval is 0.56 of it high
INSIDE = 0.85  # the part of the oval that is surely face
RING = (1.12, 1.45)  # where the ring begins and ends, in ovals
FEATURE = 1.4  # eyes, brows and lips are left out with a margin
MAX_DISTANCE = 3.0  # standard deviations of the face's colour within which a pixel is skin
MIN_DEVIATION = 3.0  # in L*a*b*: an evenly lit face has a neck in the shade all the same
MIN_PIXELS = 100  # of skin in the ring, of about 5000

Mask = Bool[np.ndarray, "s s"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Surroundings:
    """CIEDE2000 between the mean colours of the face and of the skin around it.

    Attributes:
        before: in the footage.
        after: in the converted frame.
    """

    before: float
    after: float


def measure(
    before_u8: types.ImageU8, after_u8: types.ImageU8, landmarks: Float[np.ndarray, "468 2"]
) -> Surroundings | None:
    """Colour of the face at `landmarks`, in pixels of the frame, against the skin around it.

    Returns:
        None if too little skin is seen around the face, or too little of the face.
    """
    chip_from_frame = alignment.chip_from_frame(landmarks, chip_size=SIZE)
    before, after = (
        color_difference.lab(chips.cut_chip(frame_u8, chip_from_frame, SIZE))
        for frame_u8 in (before_u8, after_u8)
    )
    shown = _shown(before_u8.shape[:2], chip_from_frame)
    points = geometry.apply(chip_from_frame, landmarks.astype(np.float64))
    face = _face(points) & shown
    if face.sum() < MIN_PIXELS:
        return None
    ring = _oval(points, RING[1]) & ~_oval(points, RING[0]) & shown
    skin = ring & (_distances(before, before[face]) < MAX_DISTANCE)
    if skin.sum() < MIN_PIXELS:
        return None
    faces, rings = (
        np.stack([image[where].mean(axis=0) for image in (before, after)]) for where in (face, skin)
    )
    found = color_difference.ciede2000(faces, rings)
    return Surroundings(before=float(found[0]), after=float(found[1]))


def _face(points: Float[np.ndarray, "468 2"]) -> Mask:
    """The oval without what is not skin."""
    features = (mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LEFT_BROW, mesh.RIGHT_BROW, mesh.LIPS)
    others = [_fill(points[list(feature)], FEATURE) for feature in features]
    return _oval(points, INSIDE) & ~np.any(others, axis=0)


def _oval(points: Float[np.ndarray, "468 2"], grown: float) -> Mask:
    return _fill(points[list(mesh.OVAL)], grown)


def _fill(polygon: Float[np.ndarray, "n 2"], grown: float) -> Mask:
    """The convex hull of points, grown about its middle."""
    middle = (polygon.min(axis=0) + polygon.max(axis=0)) / 2
    corners = np.clip(middle + grown * (polygon - middle), -SIZE, 2 * SIZE)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(corners).astype(np.int32)), 1)
    return mask.astype(bool)


def _shown(shape: tuple[int, int], chip_from_frame: types.Similarity) -> Mask:
    """The pixels of the raster that lie in the frame."""
    inside = np.ones(shape, np.uint8)
    return cv2.warpAffine(inside, chip_from_frame, (SIZE, SIZE), flags=cv2.INTER_NEAREST) == 1


def _distances(
    image: Float[np.ndarray, "s s 3"], colors: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "s s"]:
    """Mahalanobis distance of every pixel to some colours."""
    spread = np.cov(colors.T) + MIN_DEVIATION**2 * np.eye(3)
    away = image - colors.mean(axis=0)
    return np.sqrt(np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away))
