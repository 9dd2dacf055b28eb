"""A frame into which faces are painted, and which leaves all else as it was.

A video frame stays in YUV, in which mixing is as linear as in RGB: a face is turned into YUV and
mixed with the planes, in as many bits as they have. All other pixels are those of the decoder, bit
for bit, and no conversion of the frame is needed, not even of the region.
"""

import dataclasses
from typing import Protocol, runtime_checkable

import av
import cv2
import numpy as np
from jaxtyping import Float

from jaxswap import images, stills
from jaxswap.conversion.blending import mixing
from jaxswap.conversion.originals import Picture
from jaxswap.types import Image
from jaxswap.video import colorimetry, planes


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

    def grown(self, by: int) -> "Box":
        """The box with a margin of some pixels around it."""
        return Box(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def clipped(self, width: int, height: int) -> "Box":
        """The part inside a frame, widened to even sides: chroma covers two pixels."""
        return Box(
            max(0, self.x0 - self.x0 % 2),
            max(0, self.y0 - self.y0 % 2),
            min(width, self.x1 + self.x1 % 2),
            min(height, self.y1 + self.y1 % 2),
        )


@runtime_checkable
class Canvas(Protocol[Picture]):
    """Where faces are painted, region by region."""

    picture: Picture
    """What they are painted into."""
    width: int
    height: int

    def read(self, box: Box) -> Image:
        """The pixels of a `clipped` box as RGB in [0, 1]."""
        ...

    def mix(self, box: Box, image: Image, alpha: Float[np.ndarray, "h w"]) -> None:
        """The mix, alpha * image + (1 - alpha) * frame in a `clipped` box.

        Args:
            box: of the image's size.
            image: RGB in [0, 1].
            alpha: [0, 1]; where it is 0 the frame keeps its exact values.
        """


class StillCanvas:
    """An image in memory, in its own colours and depth; its transparency stays as it is."""

    def __init__(self, image: stills.Still) -> None:
        """Paint into a copy of the pixels."""
        self.picture = image.pixels.copy()
        self.height, self.width = self.picture.shape[:2]
        self._space = image.space
        self._top = float(np.iinfo(self.picture.dtype).max)
        self._colors = 1 if self.picture.shape[-1] < 3 else 3

    def read(self, box: Box) -> Image:
        """The pixels of a `clipped` box as sRGB in [0, 1]."""
        region = self._region(box)
        if self._space is not None:
            region_u8 = np.rint(region * (255 / self._top)).astype(np.uint8)
            return images.to_float(self._space.srgb_u8(region_u8))
        return np.repeat(region.astype(np.float32) / self._top, 3 // self._colors, axis=-1)

    def mix(self, box: Box, image: Image, alpha: Float[np.ndarray, "h w"]) -> None:
        """The mix, alpha * image + (1 - alpha) * frame in a `clipped` box."""
        if self._space is not None:
            own = images.to_float(self._space.own_u8(images.to_u8(image)))
        elif self._colors == 1:
            own = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        else:
            own = image
        region = self._region(box)
        flat = region[..., 0] if self._colors == 1 else region
        own = self._top * own.reshape(flat.shape)
        flat[...] = mixing.mix(np.ascontiguousarray(flat), own, alpha)

    def _region(self, box: Box) -> np.ndarray:
        """A view of the colours in a box."""
        return self.picture[box.y0 : box.y1, box.x0 : box.x1, : self._colors]


class YuvCanvas:
    """A video frame in planes of 8 to 16 bits."""

    def __init__(self, frame: av.VideoFrame, *, coding: colorimetry.Coding) -> None:
        """Take over a frame.

        Args:
            frame: painted into.
            coding: of the frame.
        """
        frame.make_writable()  # the decoder may still need its own copy
        self.picture, self._coding = frame, coding
        self.width, self.height = frame.width, frame.height

    def read(self, box: Box) -> Image:
        """The pixels of a `clipped` box as RGB in [0, 1]."""
        return colorimetry.rgb_from_codes(self._parts(box), coding=self._coding)

    def mix(self, box: Box, image: Image, alpha: Float[np.ndarray, "h w"]) -> None:
        """The mix in a `clipped` box; alpha of chroma is the mean over the pixels that share it."""
        codes = colorimetry.codes_from_rgb(image, coding=self._coding)
        for target, source in zip(self._parts(box), codes, strict=True):
            height, width = target.shape
            share = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
            target[...] = mixing.mix(target, source, share)

    def _parts(self, box: Box) -> list[np.ndarray]:
        """The box in each plane."""
        parts = []
        for plane in planes.views(self.picture):
            dx, dy = self.width // plane.shape[1], self.height // plane.shape[0]
            parts.append(plane[box.y0 // dy : box.y1 // dy, box.x0 // dx : box.x1 // dx])
        return parts
