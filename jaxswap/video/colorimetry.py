"""Colour tags of a video, and RGB to YUV and back with the matrix and range that they name.

A player turns YUV into RGB by the tags. What is encoded must therefore use the tags of the input,
or colours shift from what is seen in the frames that pass through. Faces are converted in floating
point: swscale drops half a level of full-range chroma, and 1.7 levels of 10-bit luma.
"""

import dataclasses
from collections.abc import Sequence

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from jaxtyping import Float, Shaped

from jaxswap.types import Image, ImageU8
from jaxswap.video import orientation, planes, rgb_layouts

_UNSPECIFIED = 2
_LIMITED, _FULL = 1, 2
_RGB = 0  # matrix of formats that hold RGB

# Shares of red and blue in luma by the tag (H.273, table 4). An untagged video is read as BT.601,
# whatever its size, since swscale does; so it is written as BT.601 and stays untagged.
_SHARES = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}

_WIDE = frozenset({9, 11, 12})  # primaries of BT.2020, DCI-P3, Display P3
_HDR = frozenset({16, 18})  # curves of PQ and HLG

EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.FULL_CHR_H_INT
)
"""Flags with which swscale rounds; its defaults truncate."""


@dataclasses.dataclass(frozen=True)
class ColorTags:
    """Numbers of H.273: what the values of a video mean."""

    colorspace: int
    """Matrix between RGB and YUV."""
    color_range: int
    """1: 16..235, 2: 0..255, 0: not said, read as 16..235; in 8 bits, and four times that in 10."""
    color_primaries: int
    color_trc: int
    """Transfer characteristic."""

    @classmethod
    def of(cls, source: av.VideoCodecContext | av.VideoFrame) -> "ColorTags":
        """Tags of a video stream or a frame, as they must be on its copy in YUV."""
        is_rgb = source.colorspace == _RGB
        return cls(
            colorspace=_UNSPECIFIED if is_rgb else source.colorspace,
            color_range=_LIMITED if is_rgb else source.color_range,
            color_primaries=source.color_primaries,
            color_trc=source.color_trc,
        )

    @property
    def is_wide(self) -> bool:
        """Whether colours lie far from those of sRGB: by primaries, or by a curve of HDR."""
        return self.color_primaries in _WIDE or self.color_trc in _HDR

    def codes_like(self, other: "ColorTags") -> bool:
        """Whether the same colour has the same codes by both."""
        mine, theirs = (_SHARES.get(one.colorspace, _SHARES[6]) for one in (self, other))
        return mine == theirs and (self.color_range == _FULL) == (other.color_range == _FULL)

    def put_on(self, target: av.VideoCodecContext | av.VideoFrame) -> None:
        """Tag an encoder or a frame."""
        for field in dataclasses.fields(self):
            setattr(target, field.name, getattr(self, field.name))

    def codes_from_rgb(self, bits: int) -> Float[np.ndarray, "3 4"]:
        """The affine map from RGB in [0, 1] to codes of luma, Cb and Cr.

        Args:
            bits: of a code.

        Reference: https://www.itu.int/rec/T-REC-H.273 (8.3, equations 20 to 30 and 38 to 40)
        """
        red, blue = _SHARES.get(self.colorspace, _SHARES[6])
        luma = np.array([red, 1 - red - blue, blue])
        cb = (np.array([0, 0, 1]) - luma) / (2 * (1 - blue))
        cr = (np.array([1, 0, 0]) - luma) / (2 * (1 - red))
        unit = 2 ** (bits - 8)
        if self.color_range == _FULL:
            scale, black = [2**bits - 1] * 3, 0
        else:
            scale, black = [219 * unit, 224 * unit, 224 * unit], 16 * unit
        matrix = np.stack([luma, cb, cr]) * np.array(scale)[:, None]
        return np.column_stack([matrix, [black, 128 * unit, 128 * unit]])

    def rgb_from_codes(self, bits: int) -> Float[np.ndarray, "3 4"]:
        """The inverse of `codes_from_rgb`."""
        forward = self.codes_from_rgb(bits)
        back = np.linalg.inv(forward[:, :3])
        return np.column_stack([back, -back @ forward[:, 3]])


@dataclasses.dataclass(frozen=True)
class Coding:
    """How the pixels of a video are held."""

    tags: ColorTags
    pix_fmt: str
    """Name of a planar YUV format of 8 to 16 bits."""
    site: planes.ChromaSite

    @property
    def bits(self) -> int:
        """Of a value in a plane."""
        return av.VideoFormat(self.pix_fmt).components[0].bits

    @property
    def step(self) -> tuple[int, int]:
        """How many pixels share a sample of chroma; see `planes.steps`."""
        return planes.steps(self.pix_fmt)


def codes_from_rgb(image: Image, *, coding: Coding) -> list[Float[np.ndarray, "_ _"]]:
    """Planes of luma, Cb and Cr, not rounded yet but clipped to what the bits can hold.

    Args:
        image: RGB in [0, 1]; a side along which chroma shrinks is even.
        coding: of the planes.
    """
    matrix = coding.tags.codes_from_rgb(coding.bits).astype(np.float32)
    codes = np.clip(cv2.transform(image, matrix), 0, 2**coding.bits - 1)
    luma, *chroma = cv2.split(codes)
    return [
        luma,
        *(planes.subsampled(part, step=coding.step, site=coding.site) for part in chroma),
    ]


def rgb_from_codes(codes: Sequence[Shaped[np.ndarray, "_ _"]], *, coding: Coding) -> Image:
    """The inverse of `codes_from_rgb`, where chroma does not change from pixel to pixel.

    Args:
        codes: the three planes.
        coding: of the planes.
    """
    luma = codes[0].astype(np.float32)
    height, width = luma.shape
    chroma = [
        planes.upsampled(
            part.astype(np.float32), step=coding.step, site=coding.site, extent=(width, height)
        )
        for part in codes[1:]
    ]
    matrix = coding.tags.rgb_from_codes(coding.bits).astype(np.float32)
    return np.clip(cv2.transform(cv2.merge([luma, *chroma]), matrix), 0, 1)


def rgb_u8_from_frame(frame: av.VideoFrame, *, site: planes.ChromaSite) -> ImageU8:
    """A decoded frame as RGB by its own tags, to the nearest level.

    swscale's quick way makes a picture half a level darker; its exact one takes three times this.

    Args:
        frame: of any format.
        site: see `planes.chroma_site`.
    """
    if rgb_layouts.is_coarse(frame.format):
        return np.clip(np.rint(255 * rgb_layouts.to_rgb(frame)), 0, 255).astype(np.uint8)
    if not planes.are_yuv(frame.format):
        return frame.to_ndarray(format="rgb24", interpolation=EXACT, threads=1)
    coding = Coding(ColorTags.of(frame), frame.format.name, site)
    luma, *chroma = planes.views(frame)
    extent = (frame.width, frame.height)
    wide = [planes.upsampled(one, step=coding.step, site=site, extent=extent) for one in chroma]
    matrix = 255 * coding.tags.rgb_from_codes(coding.bits)
    codes = cv2.merge([luma, *wide])
    if codes.dtype == np.uint8:
        return cv2.transform(codes, matrix)  # rounded and clipped
    image = cv2.transform(codes.astype(np.float32), matrix.astype(np.float32))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def rgb_from_frame(frame: av.VideoFrame, *, site: planes.ChromaSite) -> Image:
    """A decoded frame as RGB in [0, 1] by its own tags, in all its bits where its planes are known.

    Args:
        frame: of any format.
        site: see `planes.chroma_site`.
    """
    if rgb_layouts.holds(frame.format):
        return np.clip(rgb_layouts.to_rgb(frame), 0, 1)
    if not planes.are_yuv(frame.format):
        rgb_u8 = frame.to_ndarray(format="rgb24", interpolation=EXACT, threads=1)
        return rgb_u8.astype(np.float32) / 255
    coding = Coding(ColorTags.of(frame), frame.format.name, site)
    return rgb_from_codes(planes.views(frame), coding=coding)


def frame_from_rgb(image: Image, *, coding: Coding) -> av.VideoFrame:
    """An image as a frame of a video."""
    codes = codes_from_rgb(image, coding=coding)
    return frame_from_codes([np.rint(plane) for plane in codes], coding=coding)


def frame_from_codes(
    codes: Sequence[Shaped[np.ndarray, "_ _"]], *, coding: Coding
) -> av.VideoFrame:
    """A frame of whole codes."""
    height, width = codes[0].shape
    frame = av.VideoFrame(width, height, coding.pix_fmt)
    for target, source in zip(planes.views(frame), codes, strict=True):
        target[...] = source
    coding.tags.put_on(frame)
    return frame


def to_coding(frame: av.VideoFrame, *, coding: Coding) -> av.VideoFrame:
    """A decoded frame in the output's format; the frame itself, untouched, if it has that already.

    Values of a YUV format stay where neither the bits nor the sharing of chroma change.
    """
    if frame.format.name == coding.pix_fmt:
        return frame
    if rgb_layouts.holds(frame.format):
        return frame_from_rgb(rgb_layouts.to_rgb(frame), coding=coding)
    range_ = _FULL if coding.tags.color_range == _FULL else _LIMITED
    frame = frame.reformat(
        format=coding.pix_fmt,
        src_color_range=range_,
        dst_color_range=range_,
        interpolation=EXACT,
        threads=1,  # starting threads costs more than a face
    )
    coding.tags.put_on(frame)
    return frame


def turned(frame: av.VideoFrame, *, by: orientation.Orientation, coding: Coding) -> av.VideoFrame:
    """A frame turned and mirrored: luma to the bit, chroma brought to its places again.

    Args:
        frame: in the output's format.
        by: how.
        coding: of the frame and the result.
    """
    luma, *chroma = planes.views(frame)
    extent = (frame.width, frame.height)
    codes = [by.applied(luma)]
    for part in chroma:
        wide = planes.upsampled(
            part.astype(np.float32), step=coding.step, site=coding.site, extent=extent
        )
        wide = by.applied(wide)
        codes.append(np.rint(planes.subsampled(wide, step=coding.step, site=coding.site)))
    return frame_from_codes(codes, coding=coding)
