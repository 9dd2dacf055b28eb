"""Frames of one film brought to one size and one coding, where its pictures change midway.

A joined recording, a camera that was turned or a broadcast may change both. The film is that of its
first frame, as the commands and the outputs know it.
"""

import dataclasses

import av
import cv2
import numpy as np
from jaxtyping import Shaped

from jaxswap import notices, stills, types
from jaxswap.footage.frames import FootageInfo
from jaxswap.video import colorimetry, orientation, planes, rgb_layouts


class Film:
    """What the frames of a video are brought to."""

    def __init__(
        self, info: FootageInfo, *, site: planes.ChromaSite, noticed: notices.Notices
    ) -> None:
        """Begin a reading.

        Args:
            info: of the video.
            site: where its chroma lies.
            noticed: hears what is changed.
        """
        self._info, self._site, self._noticed = info, site, noticed
        self._layout: str | None = None
        self._turn: orientation.Orientation | None = None
        self._rotation = 0

    def fitted(
        self, frame: av.VideoFrame
    ) -> tuple[av.VideoFrame, orientation.Orientation, types.ImageU8]:
        """A decoded frame, how it is turned, and as it is seen.

        The frame itself where it is like the first, else another one, upright.
        """
        turn = self._turned(frame)
        seen = (frame.height, frame.width) if turn.swaps_sides else (frame.width, frame.height)
        size = (self._info.width, self._info.height)
        first = self._info.tags
        tags = colorimetry.ColorTags.of(frame)
        self._tell_of_layout(frame)
        recoded = first is not None and not first.codes_like(tags)
        if first is not None and (first.color_primaries, first.color_trc) != (
            tags.color_primaries,
            tags.color_trc,
        ):
            self._noticed.add(
                f"the primaries or the transfer of {self._info.path.name} change midway: all is "
                "shown by the first"
            )
        if seen == size and not recoded:
            shown_u8 = colorimetry.rgb_u8_from_frame(frame, site=self._site)
            return frame, turn, np.ascontiguousarray(turn.applied(shown_u8))
        made = self._remade(frame, turn, seen=seen, recoded=recoded)
        return made, orientation.STORED, colorimetry.rgb_u8_from_frame(made, site=self._site)

    def _turned(self, frame: av.VideoFrame) -> orientation.Orientation:
        """The frame's orientation, looked up where it is new: PyAV holds frames that are asked."""
        if self._turn is None or frame.rotation != self._rotation:
            self._turn, self._rotation = orientation.of(frame), frame.rotation
            if not self._turn.exact:
                self._noticed.add(
                    f"{self._info.path.name} leans or scales its pictures: they are turned and "
                    "mirrored as is nearest to that"
                )
        return self._turn

    def _remade(
        self,
        frame: av.VideoFrame,
        turn: orientation.Orientation,
        *,
        seen: tuple[int, int],
        recoded: bool,
    ) -> av.VideoFrame:
        name, size = self._info.path.name, (self._info.width, self._info.height)
        if recoded:
            self._noticed.add(
                f"the colour coding of {name} changes midway: all is coded as the first frames"
            )
        if seen != size:
            self._noticed.add(
                f"the size of the pictures of {name} changes midway from {size[0]}x{size[1]} to "
                f"{seen[0]}x{seen[1]}: all are scaled into the first, with black around"
            )
        image = turn.applied(colorimetry.rgb_from_frame(frame, site=self._site))
        image = letterboxed(image, size=size)
        tags = self._info.tags or colorimetry.ColorTags.of(frame)
        coding = colorimetry.Coding(tags, _layout(frame.format, size), self._site)
        return colorimetry.frame_from_rgb(image, coding=coding)

    def _tell_of_layout(self, frame: av.VideoFrame) -> None:
        name = frame.format.name
        if self._layout not in (None, name):
            self._noticed.add(
                f"the pixel format of {self._info.path.name} changes midway from {self._layout} to "
                f"{name}: all is coded as the first frames"
            )
        self._layout = self._layout or name


def like_first(
    still: stills.Still, *, size: tuple[int, int], name: str, noticed: notices.Notices
) -> stills.Still:
    """A picture of a film, in the size of its first one.

    Args:
        still: the picture.
        size: width and height of the first one.
        name: of the picture's file.
        noticed: hears of a change.
    """
    if still.rgb_u8.shape[1::-1] == size:
        return still
    noticed.add_named(
        f"Pictures of another size than the first ({size[0]}x{size[1]}) are brought to it, with "
        "black borders",
        name,
    )
    return dataclasses.replace(
        still,
        pixels=letterboxed(still.pixels, size=size),
        rgb_u8=letterboxed(still.rgb_u8, size=size),
        as_in_file=False,
    )


def letterboxed(
    image: Shaped[np.ndarray, "_ _ c"], *, size: tuple[int, int]
) -> Shaped[np.ndarray, "_ _ c"]:
    """An image in another size: scaled as a whole, in the middle, zeros around it.

    Args:
        image: of any type.
        size: width and height of the result.
    """
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = [max(1, round(scale * width)), max(1, round(scale * height))]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, inner, interpolation=method)
    x, y = ((outer - side) // 2 for outer, side in zip(size, inner, strict=True))
    fitted = np.zeros((size[1], size[0], image.shape[2]), image.dtype)
    fitted[y : y + inner[1], x : x + inner[0]] = scaled.reshape(inner[1], inner[0], -1)
    return fitted


def _layout(layout: av.VideoFormat, size: tuple[int, int]) -> str:
    """A format of YUV that holds a remade frame without loss of depth."""
    if planes.are_yuv(layout):
        across, down = planes.steps(layout.name)
        if size[0] % across == 0 and size[1] % down == 0:
            return layout.name
    deep = max(component.bits for component in layout.components) > 8
    return "yuv444p16le" if deep or rgb_layouts.holds(layout) else "yuv444p"
