"""A still picture in memory."""

import dataclasses

import numpy as np
from jaxtyping import UInt, UInt8

from jaxswap import types
from jaxswap.stills import color_profiles

MAX_PIXELS = 100_000_000  # a hostile header must not take the memory of the machine

Pixels = UInt[np.ndarray, "_ _ _"]
"""Height, width, channels: grey, grey and alpha, RGB, or RGB and alpha; 8 or 16 bits a channel."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Still:
    """A picture, upright.

    Attributes:
        pixels: as the file holds them.
        rgb_u8: the same as sRGB without alpha; the same array where that changes nothing.
        profile: ICC profile of the pixels; None is sRGB.
        exif: what the camera said, as it goes into another file: no orientation, since the picture
            is upright, and no thumbnail, which shows it as it was.
        dpi: dots an inch across and down, if the file says so.
        remarks: what did not come as the file holds it, a sentence each without the file's name.
        other_data: names of the metadata that only the file itself keeps.
        as_in_file: whether the pixels are those of the file, which can be copied then.
    """

    pixels: Pixels
    rgb_u8: types.ImageU8
    profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    remarks: tuple[str, ...] = ()
    other_data: tuple[str, ...] = ()
    as_in_file: bool = True

    @property
    def space(self) -> color_profiles.Space | None:
        """The colours of the pixels; None is sRGB."""
        if self.profile is None:
            return None
        return color_profiles.space(self.profile, "L" if self.pixels.shape[-1] < 3 else "RGB")

    @property
    def is_transparent(self) -> bool:
        """Whether any pixel is transparent to some degree."""
        return is_transparent(self.pixels)

    @property
    def on_black_u8(self) -> types.ImageU8:
        """As sRGB before black."""
        if not holds_alpha(self.pixels):
            return self.rgb_u8
        return on_black(np.dstack([self.rgb_u8, to_u8(self.pixels[..., -1:])]))


def plain(rgb_u8: types.ImageU8) -> Still:
    """A picture of sRGB, of which nothing else is known."""
    return Still(pixels=rgb_u8, rgb_u8=rgb_u8)


def holds_alpha(pixels: Pixels) -> bool:
    """Whether the last channel is alpha."""
    return pixels.shape[-1] in (2, 4)


def is_transparent(pixels: Pixels) -> bool:
    """Whether any pixel is transparent to some degree."""
    return holds_alpha(pixels) and bool((pixels[..., -1] < top(pixels)).any())


def top(pixels: Pixels) -> int:
    """The value of white: 255 or 65535."""
    return int(np.iinfo(pixels.dtype).max)


def to_u8(pixels: Pixels) -> UInt8[np.ndarray, "h w c"]:
    """The same in 8 bits, to the nearest level."""
    if pixels.dtype == np.uint8:
        return pixels
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def colors(pixels: Pixels) -> Pixels:
    """The channels that are not alpha."""
    return pixels[..., :-1] if holds_alpha(pixels) else pixels


def on_black(pixels: Pixels) -> Pixels:
    """The colours as they are seen before black, without alpha."""
    if not holds_alpha(pixels):
        return pixels
    alpha = pixels[..., -1:].astype(np.float32) / top(pixels)
    return np.rint(pixels[..., :-1] * alpha).astype(pixels.dtype)
