"""A frame into which faces are painted, and which leaves all else as it was.

A video frame stays in YUV, in which mixing is as linear as in RGB: a face is turned into YUV and
mixed with the planes. All other pixels are those of the decoder, bit for bit, and no conversion of
the frame is needed, not even of the region.
"""

import dataclasses
from typing import Protocol, runtime_checkable

import av
import cv2
import numpy as np
from jaxtyping import Float

from jaxswap.conversion import blend, colorimetry
from jaxswap.types import ImageU8


@dataclasses.dataclass(frozen=True)
class Box:
    """Pixels x0 <= x < x1, y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        """Whether there is no pixel in it."""
        return self.x0 >= self.x1 or self.y0 >= self.y1

    def clipped(self, width: int, height: int) -> "Box":
        """The part inside a frame, widened to even sides: chroma covers two pixels."""
        return Box(
            max(0, self.x0 - self.x0 % 2),
            max(0, self.y0 - self.y0 % 2),
            min(width, self.x1 + self.x1 % 2),
            min(height, self.y1 + self.y1 % 2),
        )


@runtime_checkable
class Canvas(Protocol):
    """Where faces are painted, region by region."""

    width: int
    height: int

    def read(self, box: Box) -> ImageU8:
        """The pixels of a `clipped` box as RGB."""

    def mix(self, box: Box, image_u8: ImageU8, alpha: Float[np.ndarray, "h w"]) -> None:
        """The mix, alpha * image + (1 - alpha) * frame in a `clipped` box.

        Args:
            box: of the image's size.
            image_u8: RGB, 0..255.
            alpha: [0, 1]; where it is 0 the frame keeps its exact values.
        """


class RgbCanvas:
    """An image in memory."""

    def __init__(self, image_u8: ImageU8) -> None:
        self.image_u8 = image_u8.copy()
        self.height, self.width = image_u8.shape[:2]

    def read(self, box: Box) -> ImageU8:
        """The pixels of a `clipped` box as RGB."""
        return self.image_u8[box.y0 : box.y1, box.x0 : box.x1].copy()

    def mix(self, box: Box, image_u8: ImageU8, alpha: Float[np.ndarray, "h w"]) -> None:
        """The mix, alpha * image + (1 - alpha) * frame in a `clipped` box."""
        region_u8 = self.image_u8[box.y0 : box.y1, box.x0 : box.x1]
        region_u8[...] = blend.mix(region_u8, image_u8, alpha)


class YuvCanvas:
    """A video frame in planes of 8 bits."""

    def __init__(self, frame: av.VideoFrame, *, tags: colorimetry.ColorTags) -> None:
        """Take over a frame.

        Args:
            frame: in a format that `colorimetry.pixel_format` names; painted into.
            tags: what the input says about its colours.
        """
        frame.make_writable()  # the decoder may still need its own copy
        self.frame, self._tags = frame, tags
        self.width, self.height = frame.width, frame.height

    def read(self, box: Box) -> ImageU8:
        """The pixels of a `clipped` box as RGB."""
        patch = colorimetry.resized(self.frame, width=box.x1 - box.x0, height=box.y1 - box.y0)
        for target, source in zip(_planes(patch), self._parts(box), strict=True):
            target[...] = source
        return colorimetry.to_rgb_u8(patch, tags=self._tags)

    def mix(self, box: Box, image_u8: ImageU8, alpha: Float[np.ndarray, "h w"]) -> None:
        """The mix in a `clipped` box; alpha of chroma is the mean over the pixels that share it."""
        patch = colorimetry.from_rgb_u8(
            image_u8, tags=self._tags, pix_fmt=self.frame.format.name, like=self.frame
        )
        for target, source in zip(self._parts(box), _planes(patch), strict=True):
            height, width = target.shape
            share = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
            target[...] = blend.mix(target, source, share)

    def _parts(self, box: Box) -> list[np.ndarray]:
        """The box in each plane."""
        parts = []
        for plane in _planes(self.frame):
            dx, dy = self.width // plane.shape[1], self.height // plane.shape[0]
            parts.append(plane[box.y0 // dy : box.y1 // dy, box.x0 // dx : box.x1 // dx])
        return parts


def _planes(frame: av.VideoFrame) -> list[np.ndarray]:
    """Views of a frame's planes, `h w` each, without the padding of their lines."""
    return [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]
