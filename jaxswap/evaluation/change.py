"""Whether a frame's face was visibly changed, seen against what the video codec changes anyway."""

import dataclasses

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import types
from jaxswap.evaluation import image_quality
from jaxswap.vision import mesh

VISIBLE = 0.02
"""Mean change inside the face, of the range [0, 1], from which one sees it: 5 of 255 levels. A
video written again at the default quality changes by less than half of that."""

OVER_REST = 2.0
"""And it must be this many times the change of the rest of the frame."""

REST_MARGIN = 0.5  # the rest of the frame begins this far from the face, in sides of its box


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """Mean absolute change of a frame's pixels, in [0, 1].

    Attributes:
        face: inside the face oval.
        rest: away from the face; 0 if the face fills the frame.
        rest_psnr: peak signal-to-noise ratio of the same in dB; 100 if nothing changed, the most
            that is given.
    """

    face: float
    rest: float
    rest_psnr: float

    @property
    def is_visible(self) -> bool:
        """Whether the face, and not just the whole frame, was changed."""
        return self.face >= VISIBLE and self.face >= OVER_REST * self.rest


def measure(
    before_u8: types.ImageU8, after_u8: types.ImageU8, landmarks: Float[np.ndarray, "468 2"]
) -> Change:
    """How much a frame changed in and away from the face at `landmarks`, in pixels of the frame."""
    difference = cv2.absdiff(before_u8, after_u8)
    oval = _oval(landmarks, before_u8.shape[:2])
    rest = np.full(before_u8.shape[:2], 255, np.uint8)
    low, high = landmarks.min(0), landmarks.max(0)
    margin = REST_MARGIN * (high - low).max()
    x0, y0 = np.maximum(np.floor(low - margin), 0).astype(int)
    x1, y1 = np.maximum(np.ceil(high + margin), 0).astype(int)
    rest[y0 : y1 + 1, x0 : x1 + 1] = 0
    num_values = 3 * max(1, cv2.countNonZero(rest))
    error = cv2.norm(before_u8, after_u8, cv2.NORM_L2SQR, rest) / num_values / 255**2
    return Change(
        face=_mean(difference, oval),
        rest=_mean(difference, rest),
        rest_psnr=float(image_quality.decibels(error)),
    )


def _oval(landmarks: np.ndarray, shape: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    mask = np.zeros(shape, np.uint8)
    hull = cv2.convexHull(np.rint(landmarks[list(mesh.OVAL)]).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255)
    return mask


def _mean(difference: types.ImageU8, mask: UInt8[np.ndarray, "h w"]) -> float:
    return float(np.mean(cv2.mean(difference, mask)[:3]) / 255)  # cv2.mean of nothing is 0
