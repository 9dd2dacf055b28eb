"""The one face of a frame that is measured, in the footage and in every candidate alike."""

import dataclasses
import functools

import numpy as np
from jaxtyping import Float

from jaxswap import types
from jaxswap.evaluation import expression, pose
from jaxswap.vision import boxes, landmarks

MIN_OVERLAP = 0.3  # of the faces' boxes before and after, below which they are two faces

ANGLES = ("yaw", "pitch", "roll")
TRAITS = ("mouth", "eyes", "brows")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredFrame:
    """A frame and the one face of it that is measured.

    Attributes:
        image_u8: RGB.
        points: the mesh in pixels; None where no face is found.
    """

    image_u8: types.ImageU8
    points: Float[np.ndarray, "468 2"] | None

    @functools.cached_property
    def courses(self) -> dict[str, float]:
        """The turns of the head in degrees and what the face does, by `ANGLES` and `TRAITS`."""
        if self.points is None:
            return {}
        turned = pose.angles(self.points)
        traits = expression.traits(self.points)
        return {
            **{name: getattr(turned, f"{name}_deg") for name in ANGLES},
            **{name: traits[name] for name in TRAITS},
        }


def find(
    model: landmarks.LandmarkModel,
    image_u8: types.ImageU8,
    near: Float[np.ndarray, "468 2"] | None,
) -> MeasuredFrame:
    """The face of a frame that lies where the footage has one; without `near` it has none.

    The mesh is laid from the crop around `near`, in the footage and in every candidate alike: all
    are seen through the same window, so that a difference between their points is one between their
    pictures, and a picture that did not change has exactly the same points. A detector of its own
    for each would add its own jitter and take many times as long. The mesh model says itself
    whether it lies on a face; where it says no, or the mesh ran away to another place, the face is
    lost, which is counted.
    """
    if near is None:
        return MeasuredFrame(image_u8=image_u8, points=None)
    points, score = model.follow(image_u8, near)
    if score < landmarks.MIN_SCORE or not _same_place(near, points):
        return MeasuredFrame(image_u8=image_u8, points=None)
    return MeasuredFrame(image_u8=image_u8, points=points)


def _same_place(one: np.ndarray, other: np.ndarray) -> bool:
    places = [np.concatenate([face.min(0), face.max(0)])[None] for face in (one, other)]
    return bool(boxes.overlaps(*places)[0, 0] >= MIN_OVERLAP)
