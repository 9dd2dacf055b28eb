"""Pixels as a file holds them, in all their bits, and turned upright."""

from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from jaxswap.stills import still

_CODECS = {"PNG": "png", "TIFF": "tiff", b"P5": "pgm", b"P6": "ppm"}  # FFmpeg's names
_HELD = {"gray16": 1, "rgb48": 3, "rgba64": 4}


def deep(path: Path, image: Image.Image, head: bytes) -> still.Pixels | None:
    """A picture of 16 bits a channel, not turned; None if FFmpeg does not read it so.

    Pillow cuts colours to 8 bits.

    Args:
        path: of the file.
        image: what Pillow says of it.
        head: its first bytes.
    """
    import av
    import av.error

    codec = _CODECS.get(head[:2] if image.format == "PPM" else image.format or "")
    if codec is None:
        return None
    try:
        decoder = cast(av.VideoCodecContext, av.CodecContext.create(codec, "r"))
        frames = [*decoder.decode(av.Packet(path.read_bytes())), *decoder.decode(None)]
        frame = frames[0]
        if frame.format.name.startswith("ya16"):
            frame = frame.reformat(format="rgba64le")
    except (av.error.FFmpegError, IndexError, ValueError):
        return None
    if frame.format.name[:-2] not in _HELD or (frame.width, frame.height) != _stored(image):
        return None
    pixels = np.ascontiguousarray(frame.to_ndarray())
    return pixels if pixels.ndim == 3 else pixels[..., None]


def pixels_of(image: Image.Image) -> still.Pixels:
    """Grey or RGB, with or without alpha, in 8 bits."""
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def upright(pixels: still.Pixels, orientation: int) -> still.Pixels:
    """Pixels turned and mirrored as an EXIF orientation says: 1 to 8, others are 1."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _stored(image: Image.Image) -> tuple[int, int]:
    """Width and height before Pillow, which shows a TIFF's upright, turns them."""
    width, height = image.size
    turned = image.format == "TIFF" and image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (height, width) if turned else (width, height)
