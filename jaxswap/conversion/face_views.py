"""The view of a face: its part of a frame, as the network sees it."""

import dataclasses

import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import geometry
from jaxswap.conversion import alpha
from jaxswap.types import ImageU8, Similarity
from jaxswap.vision import alignment, chips, finding, masks


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FaceView:
    """A face that will be replaced."""

    identity: str
    """Whose face is put on."""
    view_from_frame: Similarity
    """Frame pixels to view pixels."""
    view_u8: ImageU8
    """The view: what the network sees, cut straight from the frame."""
    oval_u8: UInt8[np.ndarray, "s s"]
    """The face oval of the landmarks over the view, 0..255, at `alpha.SIZE` pixels."""
    points: Float[np.ndarray, "468 2"]
    """The landmarks in pixels of that raster."""
    track: int
    """Number of the face's track."""


def cut(
    face: finding.Face, frame_u8: ImageU8, *, identity: str, size: int, coverage: float
) -> FaceView:
    """The view of a face, by the geometry of `jaxswap.augmentation.view`.

    Args:
        face: as found in the frame.
        frame_u8: RGB, 0..255.
        identity: whose face is put on.
        size: side of the view in pixels.
        coverage: share of the chip's side that the view covers.
    """
    view_from_frame = alignment.chip_from_frame(
        face.landmarks_468, chip_size=size, coverage=coverage
    )
    alpha_from_frame = geometry.compose(chips.finer(alpha.SIZE / size), view_from_frame)
    points = geometry.apply(alpha_from_frame, face.landmarks_468)
    return FaceView(
        identity=identity,
        view_from_frame=view_from_frame,
        view_u8=chips.cut_chip(frame_u8, view_from_frame, size),
        oval_u8=masks.face_oval(points, size=alpha.SIZE),
        points=points,
        track=face.track,
    )
