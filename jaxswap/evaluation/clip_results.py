"""What is known of a converted clip after it was measured."""

import dataclasses

import numpy as np
from jaxtyping import UInt8

from jaxswap import types
from jaxswap.evaluation import expression, identity


@dataclasses.dataclass(frozen=True, kw_only=True)
class FrameFigures:
    """One frame; what could not be measured is None.

    Attributes:
        frame: index in the footage.
        time_s: presentation time.
        swapped: whether its face visibly changed.
        change_face: mean absolute change inside the face, in [0, 1].
        change_rest: the same away from the face.
        landmark_error: displacement of the landmarks without the constant change of shape, in eye
            distances.
        landmark_error_raw: the whole displacement.
        mask_overlap: intersection over union of the face ovals.
    """

    frame: int
    time_s: float
    swapped: bool = False
    change_face: float | None = None
    change_rest: float | None = None
    landmark_error: float | None = None
    landmark_error_raw: float | None = None
    mask_overlap: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class IdentityFigures:
    """Distances of the described faces to the two identities; lower is nearer.

    Attributes:
        described: how many faces, evenly over the clip.
        before: of the footage, by identity.
        after: of the converted clip, by identity.
        scatter: mean distance among the pictures of each identity.
        apart: distance between the two identities.
    """

    described: int
    before: dict[str, identity.Distances]
    after: dict[str, identity.Distances]
    scatter: dict[str, float | None]
    apart: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """One frame before and after, and the face of both cut out in the same way."""

    frame: int
    time_s: float
    before_u8: types.ImageU8
    after_u8: types.ImageU8
    face_before_u8: UInt8[np.ndarray, "s s 3"]
    face_after_u8: UInt8[np.ndarray, "s s 3"]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ClipResults:
    """Everything measured on one clip.

    Attributes:
        footage: file name of the footage.
        from_identity: whose face was replaced.
        to_identity: whose face was put on it.
        frames: of the footage.
        frames_after: of the converted clip.
        faces: frames in which the footage shows the main face.
        faces_after: of those, frames in which a face is found in its place after the swap.
        swapped: of those, frames whose face visibly changed.
        expression: landmark figures; None without faces to compare.
        mask_overlap: mean over the frames with both faces.
        identities: None without the extra or without references.
        rows: the frames one by one.
        pictures: some of them, to look at.
    """

    footage: str
    from_identity: str
    to_identity: str
    frames: int
    frames_after: int
    faces: int
    faces_after: int
    swapped: int
    expression: expression.Figures | None
    mask_overlap: float | None
    identities: IdentityFigures | None
    rows: list[FrameFigures]
    pictures: list[Picture]

    @property
    def share_swapped(self) -> float:
        """Share of all frames of the footage whose face visibly changed."""
        return self.swapped / self.frames
