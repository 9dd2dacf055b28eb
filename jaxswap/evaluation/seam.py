"""Whether one sees where the swapped part of a frame ends: gradients along its edge.

The mask of a finished video is not known, whatever tool made it, so the changed area is found from
the frames: where |after - before| is more than the codec changes anyway, closed, without holes, the
part that lies on the face. Along its edge, in a band as wide as a few hundredths of the face, the
mean squared Sobel gradient of the frame after is divided by that of the frame before:

    energy = mean over the band of sum over R, G, B of (dI/dx)^2 + (dI/dy)^2
    ratio  = (energy after + e) / (energy before + e)

1 is an edge like what the footage shows there, above 1 a seam, below 1 a blur. The small e, a
gradient of one grey level, keeps plain backgrounds from dividing by nothing.

Reference: the operator is Sobel's, as in Gonzalez and Woods, "Digital Image Processing"; that a
gradient not in the sources is what one sees of a seam is the ground of Perez et al. 2003,
https://doi.org/10.1145/882262.882269
"""

import dataclasses

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from jaxswap import types
from jaxswap.vision import mesh

REACH = 1.0  # the looked-at region goes this far beyond the face's box, in its longer side
REST = 0.5  # and what lies further than this off the face tells how much the codec changes
MAX_SIDE = 512  # pixels of the face above which it is looked at smaller
FLOOR = 3.0  # grey levels of change that count at least
REST_QUANTILE = 0.9  # of the changes off the face: the codec's, without those of a second face
NOISE = 2.0  # times these a change must be
SMOOTH = 0.05  # width of the median over changes; these four are shares of the face's side
CLOSE = 0.15  # holes and notches of the changed area that are closed: where two faces look alike
OPEN = 0.05  # specks and whiskers that are dropped
BAND = 0.02  # half width of the band along the edge
MIN_SHARE = 0.1  # of the face oval that must have changed
LEVEL = 1 / 255

Landmarks = Float[np.ndarray, "468 2"]
Mask = Bool[np.ndarray, "h w"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seam:
    """The edge of the changed area in one frame.

    Attributes:
        before: gradient energy in the band in the footage.
        after: the same in the converted frame.
    """

    before: float
    after: float

    @property
    def ratio(self) -> float:
        """Energy after over energy before: 1 is no seam."""
        return ratio(np.array([self.before]), np.array([self.after]))


def ratio(before: Float[np.ndarray, " t"], after: Float[np.ndarray, " t"]) -> float:
    """Mean energy after over mean energy before, of several frames.

    Raises:
        ValueError: if there are none.
    """
    if not len(before):
        raise ValueError("`before` is empty: there is no edge to measure.")
    return float((after.mean() + LEVEL**2) / (before.mean() + LEVEL**2))


def measure(before_u8: types.ImageU8, after_u8: types.ImageU8, landmarks: Landmarks) -> Seam | None:
    """The seam around the face at `landmarks`, in pixels of the frame.

    Returns:
        None if the face is not changed, or so much around it that its edge cannot be seen.
    """
    region = _region(landmarks, before_u8.shape[:2])
    if region is None:
        return None
    (x0, y0, x1, y1), scale = region
    before, after = (_cut(frame_u8[y0:y1, x0:x1], scale) for frame_u8 in (before_u8, after_u8))
    points = (landmarks - [x0, y0] + 0.5) * scale - 0.5
    changed = changed_area(before, after, points)
    if changed is None:
        return None
    side = _side(points)
    band = _band(changed, side)
    if not band.any():  # the changed area fills the whole region
        return None
    energies = [float(_energy(image_u8)[band].mean()) for image_u8 in (before, after)]
    return Seam(before=energies[0], after=energies[1])


def changed_area(
    before_u8: types.ImageU8, after_u8: types.ImageU8, landmarks: Landmarks
) -> Mask | None:
    """Where the face was changed; None if it was not.

    A pixel counts if the median change around it is, in one channel, more than 3 levels and twice
    what nine tenths of the pixels away from the face have. The median is of signed changes: those
    of the codec cancel out, and edges stay where they are. The last tenth may be a second face.
    """
    side = _side(landmarks)
    smooth = _change(before_u8, after_u8, SMOOTH * side)
    rest = smooth[_rest(landmarks, smooth.shape)]
    noise = float(np.quantile(rest, REST_QUANTILE)) if rest.size else 0.0
    threshold = max(FLOOR, NOISE * noise)
    mask = (smooth > threshold).astype(np.uint8)
    mask = _morph(mask, cv2.MORPH_CLOSE, CLOSE * side)
    mask = _morph(mask, cv2.MORPH_OPEN, OPEN * side)
    oval = np.zeros_like(mask)
    hull = cv2.convexHull(np.rint(landmarks[list(mesh.OVAL)]).astype(np.int32))
    cv2.fillConvexPoly(oval, hull, 1)
    count, parts = cv2.connectedComponents(mask)
    shares = np.bincount(parts[oval == 1], minlength=count)[1:]
    if not shares.size or shares.max() < MIN_SHARE * oval.sum():
        return None
    face = (parts == 1 + int(np.argmax(shares))).astype(np.uint8)
    outer, _ = cv2.findContours(face, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(face, outer, -1, 1, thickness=cv2.FILLED)
    return face.astype(bool)


def _change(
    before_u8: types.ImageU8, after_u8: types.ImageU8, width: float
) -> UInt8[np.ndarray, "h w"]:
    """Median of the signed changes around each pixel, the largest of its channels, in levels."""
    # In eight bits, which OpenCV's median over large windows wants: beyond 127 is far enough.
    signed = np.clip(after_u8.astype(np.int16) - before_u8 + 128, 1, 255).astype(np.uint8)
    smooth = cv2.medianBlur(signed, 2 * max(1, round(width / 2)) + 1)
    return cv2.absdiff(smooth, np.full_like(smooth, 128)).max(axis=-1)


def _side(landmarks: Landmarks) -> float:
    return float(np.ptp(landmarks, axis=0).max())


def _region(
    landmarks: Landmarks, shape: tuple[int, int]
) -> tuple[tuple[int, int, int, int], float] | None:
    """The part of the frame that is looked at, and how much it is reduced; None if none of it."""
    side = _side(landmarks)
    low, high = landmarks.min(axis=0) - REACH * side, landmarks.max(axis=0) + REACH * side
    limits = np.array(shape[::-1])
    x0, y0 = np.clip(np.floor(low), 0, limits).astype(int)
    x1, y1 = np.clip(np.ceil(high) + 1, 0, limits).astype(int)
    if side < 8 or min(x1 - x0, y1 - y0) < 8:
        return None
    return (int(x0), int(y0), int(x1), int(y1)), min(1.0, MAX_SIDE / side)


def _cut(part_u8: UInt8[np.ndarray, "h w 3"], scale: float) -> UInt8[np.ndarray, "cut_h cut_w 3"]:
    if scale == 1.0:
        return part_u8
    return cv2.resize(part_u8, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _rest(landmarks: Landmarks, shape: tuple[int, int]) -> Mask:
    """What lies away from the face."""
    rest = np.ones(shape, bool)
    margin = REST * _side(landmarks)
    x0, y0 = np.maximum(np.floor(landmarks.min(axis=0) - margin), 0).astype(int)
    x1, y1 = np.maximum(np.ceil(landmarks.max(axis=0) + margin), 0).astype(int)
    rest[y0 : y1 + 1, x0 : x1 + 1] = False
    return rest


def _morph(mask: UInt8[np.ndarray, "h w"], operation: int, width: float) -> np.ndarray:
    """Closing or opening by a disc; the picture goes on beyond its border as it is there."""
    radius = max(1, round(width / 2))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    reach = 2 * radius
    padded = cv2.copyMakeBorder(mask, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    found = cv2.morphologyEx(padded, operation, disc)
    return found[reach:-reach, reach:-reach]


def _band(mask: Mask, side: float) -> Mask:
    """Pixels near the mask's edge; the border of the picture is no edge."""
    mask_u8 = mask.astype(np.uint8)
    radius = max(2, round(BAND * side))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = cv2.copyMakeBorder(mask_u8, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    band = cv2.morphologyEx(padded, cv2.MORPH_GRADIENT, disc)
    return band[radius:-radius, radius:-radius] > 0


def _energy(image_u8: types.ImageU8) -> Float[np.ndarray, "h w"]:
    """Squared gradient of each pixel, summed over the channels, of pictures in [0, 1]."""
    image = image_u8.astype(np.float32) / 255
    # The operator's weights sum to 8: with this scale a ramp of 1 a pixel has the gradient 1.
    along_x = cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    along_y = cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return (along_x**2 + along_y**2).sum(axis=-1)
