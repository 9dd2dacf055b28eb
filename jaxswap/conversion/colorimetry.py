"""Colour tags of a video, and RGB to YUV with the matrix that they name.

A player turns YUV into RGB by the tags. What is encoded must therefore use the tags of the input,
or colours shift from what is seen in the frames that pass through.
"""

import dataclasses

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation

from jaxswap.types import ImageU8

_UNSPECIFIED = 2
_LIMITED, _FULL = 1, 2

# From the tag (H.273, table 4) to swscale's matrices. An untagged video is read as BT.601, whatever
# its size, since swscale does; so it is written as BT.601 and stays untagged.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_RGB = 0  # matrix of formats that hold RGB

# swscale's defaults truncate: they make a picture one level darker and 2 levels off on average.
_EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.FULL_CHR_H_INT
)
_CHEAP = Interpolation.POINT  # for pixels that are overwritten


@dataclasses.dataclass(frozen=True)
class ColorTags:
    """Numbers of H.273: what the values of a video mean."""

    colorspace: int
    """Matrix between RGB and YUV."""
    color_range: int
    """1: 16..235, 2: 0..255, 0: not said, read as 16..235."""
    color_primaries: int
    color_trc: int
    """Transfer characteristic."""

    @classmethod
    def of(cls, codec: av.VideoCodecContext) -> "ColorTags":
        """Tags of a video stream, as they must be on its H.264 copy."""
        is_rgb = codec.colorspace == _RGB
        return cls(
            colorspace=_UNSPECIFIED if is_rgb else codec.colorspace,
            color_range=_LIMITED if is_rgb else codec.color_range,
            color_primaries=codec.color_primaries,
            color_trc=codec.color_trc,
        )

    def put_on(self, target: av.VideoCodecContext | av.VideoFrame) -> None:
        """Tag an encoder or a frame."""
        for field in dataclasses.fields(self):
            setattr(target, field.name, getattr(self, field.name))


def from_rgb_u8(
    image_u8: ImageU8, *, tags: ColorTags, pix_fmt: str, like: av.VideoFrame
) -> av.VideoFrame:
    """`image_u8` in YUV of the tagged matrix and range.

    Args:
        image_u8: RGB, 0..255.
        tags: what the input says about its colours.
        pix_fmt: name of a YUV format, 8 bits.
        like: a decoded frame, whose place of the chroma samples is taken over. PyAV tells and
            sets it nowhere else; half a pixel off shows as a tint on every edge.
    """
    height, width = image_u8.shape[:2]
    frame = like.reformat(
        width=width, height=height, format="rgb24", interpolation=_CHEAP, threads=1
    )
    plane = frame.planes[0]
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    lines[:height, : 3 * width] = image_u8.reshape(height, 3 * width)
    return to_format(frame, tags=tags, pix_fmt=pix_fmt)


def to_rgb_u8(frame: av.VideoFrame, *, tags: ColorTags) -> ImageU8:
    """The inverse of `from_rgb_u8`, to within a level where no value is clipped.

    Args:
        frame: in a YUV format of 8 bits; its tags are overwritten.
        tags: what the input says about its colours.
    """
    tags.put_on(frame)
    return frame.to_ndarray(format="rgb24", interpolation=_EXACT, threads=1)


def resized(frame: av.VideoFrame, *, width: int, height: int) -> av.VideoFrame:
    """A frame of another size and the same properties, for pixels to be overwritten."""
    return frame.reformat(width=width, height=height, interpolation=_CHEAP, threads=1)


def to_format(frame: av.VideoFrame, *, tags: ColorTags, pix_fmt: str) -> av.VideoFrame:
    """A frame in another format; the frame itself, untouched, if it has that format already."""
    if frame.format.name == pix_fmt:
        return frame
    frame = frame.reformat(
        format=pix_fmt,
        dst_colorspace=_MATRICES.get(tags.colorspace, Colorspace.ITU601),
        dst_color_range=_FULL if tags.color_range == _FULL else _LIMITED,
        interpolation=_EXACT,
        threads=1,  # starting threads costs more than a face
    )
    tags.put_on(frame)
    return frame


def pixel_format(source: str | None, *, width: int, height: int) -> str:
    """The 8-bit format that keeps the input's chroma sampling, where the frame's size allows it.

    4:2:0 and 4:2:2 need even sides. A frame with an odd side is encoded as 4:4:4, since padding
    would change its size.

    Args:
        source: name of the input's pixel format.
        width: of the frame in pixels.
        height: of the frame in pixels.
    """
    if width % 2 or height % 2:
        return "yuv444p"
    layout = av.VideoFormat(source or "yuv420p", width, height)
    if len(layout.components) < 3:  # grey or a palette
        return "yuv420p"
    chroma = layout.components[1]
    if chroma.width == width:
        return "yuv444p" if chroma.height == height else "yuv422p"
    return "yuv420p"
