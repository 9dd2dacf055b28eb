"""Frames of RGB, of grey and of palettes as RGB, in all their bits.

swscale shifts a value of few bits up, so that white of 5 bits comes out 7 levels too dark beyond 8
bits, and cuts what has more bits. Here the largest value is white.
"""

import av
import numpy as np
from av.video.reformatter import Interpolation
from jaxtyping import Float, Shaped

from jaxswap.types import Image

_LIMITED = 1
_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_FIELDS = {
    "rgb565": ((11, 5), (5, 6), (0, 5)),
    "bgr565": ((0, 5), (5, 6), (11, 5)),
    "rgb555": ((10, 5), (5, 5), (0, 5)),
    "bgr555": ((0, 5), (5, 5), (10, 5)),
    "rgb444": ((8, 4), (4, 4), (0, 4)),
    "bgr444": ((0, 4), (4, 4), (8, 4)),
    "rgb8": ((5, 3), (2, 3), (0, 2)),
    "bgr8": ((0, 3), (3, 3), (6, 2)),
    "rgb4_byte": ((3, 1), (1, 2), (0, 1)),
    "bgr4_byte": ((0, 1), (1, 2), (3, 1)),
}
"""Where red, green and blue lie in a pixel's number: the lowest bit, and how many there are."""


def holds(layout: av.VideoFormat) -> bool:
    """Whether frames of a format are RGB, grey or of a palette, with whole numbers."""
    bits = [component.bits for component in layout.components]
    is_grey = len(bits) <= 2 and not layout.name.startswith("mono")
    return (layout.is_rgb or layout.has_palette or is_grey) and max(bits) <= 16


def is_coarse(layout: av.VideoFormat) -> bool:
    """Whether a pixel has fewer than 8 bits of a colour, or is grey: `to_rgb` alone is right."""
    return _name(layout) in _FIELDS or (holds(layout) and _is_grey(layout))


def to_rgb(frame: av.VideoFrame) -> Image:
    """A frame of a format that `holds` as RGB; [0, 1], beyond it where grey exceeds its range."""
    layout = frame.format
    name = _name(layout)
    if name in _FIELDS:
        return _unpacked(frame, name)
    if _is_grey(layout):
        return np.repeat(_grey(frame)[..., None], 3, axis=-1)
    if name.startswith(("gbrp", "gbrap")):
        top = 2 ** layout.components[0].bits - 1
        green, blue, red = (plane.astype(np.float32) / top for plane in _planes(frame)[:3])
        return np.stack([red, green, blue], axis=-1)
    if max(component.bits for component in layout.components) <= 8:
        rgb_u8 = frame.to_ndarray(format="rgb24", interpolation=_EXACT, threads=1)
        return rgb_u8.astype(np.float32) / 255
    rgb_u16 = frame.to_ndarray(format="rgb48le", interpolation=_EXACT, threads=1)
    return rgb_u16.astype(np.float32) / 65535


def _name(layout: av.VideoFormat) -> str:
    return layout.name.removesuffix("le").removesuffix("be")


def _is_grey(layout: av.VideoFormat) -> bool:
    return layout.name.startswith(("gray", "ya"))


def _unpacked(frame: av.VideoFrame, name: str) -> Image:
    wide = frame.format.name.endswith(("le", "be"))
    (codes,) = _planes(frame, "u2" if wide else "u1")
    codes = codes[:, : frame.width]
    channels = [
        ((codes >> low) & (2**bits - 1)).astype(np.float32) / (2**bits - 1)
        for low, bits in _FIELDS[name]
    ]
    return np.stack(channels, axis=-1)


def _grey(frame: av.VideoFrame) -> Float[np.ndarray, "h w"]:
    layout = frame.format
    bits, channels = layout.components[0].bits, len(layout.components)
    (codes,) = _planes(frame)
    codes = codes[:, : frame.width * channels : channels].astype(np.float32)
    if frame.color_range == _LIMITED:
        unit = 2 ** (bits - 8)
        return (codes - 16 * unit) / (219 * unit)
    return codes / (2**bits - 1)


def _planes(frame: av.VideoFrame, kind: str | None = None) -> list[Shaped[np.ndarray, "_ _"]]:
    """The lines of each plane, with the padding at their ends."""
    if kind is None:
        kind = "u2" if frame.format.components[0].bits > 8 else "u1"
    order = ">" if frame.format.is_big_endian else "<"
    found = []
    for plane in frame.planes:
        lines = np.frombuffer(memoryview(plane), order + kind)
        found.append(lines.reshape(-1, plane.line_size // lines.itemsize)[: plane.height])
    return [lines[:, : frame.width] for lines in found] if len(found) > 1 else found
