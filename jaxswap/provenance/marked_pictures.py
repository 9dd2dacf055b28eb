"""Pictures that carry their mark: PNG, JPEG and WebP."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from jaxswap import errors, files, images, notices, stills
from jaxswap.provenance import marks, xmp
from jaxswap.stills import still

_FORMATS = {
    **{".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG"},
    ".webp": "WEBP",
}
SUFFIXES = tuple(_FORMATS)
"""Suffixes of the pictures that can carry a mark."""

JPEG_QUALITY = 95
_MOST_EXIF = 65_000  # bytes that a JPEG holds
_PNG_IHDR_END = 33
_OWN_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def write(
    path: Path,
    pixels: stills.Pixels,
    *,
    mark: marks.Mark | None,
    like: stills.Still | None = None,
    noticed: notices.Notices | None = None,
    name: str | None = None,
) -> None:
    """Write a picture under its final name, complete or not at all.

    Args:
        path: where to; its suffix is the format.
        pixels: sRGB, or as those of `like`.
        mark: what the picture says about itself, as XMP and as a comment for people; None if it is
            not changed and says nothing.
        like: the picture whose colour profile, EXIF and resolution are kept.
        noticed: hears what the format cannot hold, and which metadata is not kept.
        name: of the picture, for `noticed`; None is that of the path.

    Raises:
        OutputError: if the suffix is of no format that carries a mark, or the disk refuses.
    """
    check_suffix(path)
    kind = _FORMATS[path.suffix.lower()]
    noticed = notices.Notices() if noticed is None else noticed
    name = name or path.name
    pixels = _held(pixels, kind, name, noticed)
    options = _marked(mark, kind) | _described(like, kind, name, noticed)
    try:
        with files.replacing(path) as partial:
            is_quick = mark is None and kind == "PNG" and pixels.shape[-1] != 2
            if is_quick or pixels.dtype != np.uint8:
                partial.write_bytes(_png(pixels, options))
            else:
                _image(pixels).save(partial, format=kind, **options)
    except OSError as e:
        raise errors.OutputError(
            f"{path} cannot be written: {e.strerror or e}. Free space or choose another place."
        ) from e


def check_suffix(path: Path) -> None:
    """Refuse a picture that could not carry a mark.

    Raises:
        OutputError: if the suffix is none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise errors.OutputError(
            f"{path} must end in one of {', '.join(SUFFIXES)}: other pictures cannot say that "
            "they are synthetic."
        )


def _held(pixels: stills.Pixels, kind: str, name: str, noticed: notices.Notices) -> stills.Pixels:
    """The pixels as the format holds them."""
    if kind != "PNG" and pixels.dtype != np.uint8:
        noticed.add_named(f"16 bits a channel became 8: {kind} holds no more, PNG does", name)
        pixels = still.to_u8(pixels)
    if kind == "JPEG" and still.holds_alpha(pixels):
        if still.is_transparent(pixels):
            noticed.add_named(
                "Transparent parts became black: JPEG holds none, PNG and WebP do", name
            )
        pixels = still.on_black(pixels)
    return pixels


def _marked(mark: marks.Mark | None, kind: str) -> dict[str, Any]:
    """Pillow's options of a format, the mark among them."""
    options: dict[str, Any] = {
        "PNG": {},
        "WEBP": {"lossless": True, "exact": True},  # colours of transparent pixels, too
        "JPEG": {"quality": JPEG_QUALITY, "subsampling": 0},
    }[kind]
    if mark is None:
        return options
    packet = xmp.to_xmp(mark, kind="image")
    comment = marks.comment(mark, kind="image")
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet)
        text.add_itxt("Comment", comment)
        return {**options, "pnginfo": text}
    if kind == "JPEG":
        options["comment"] = comment.encode("utf-8")
    return {**options, "xmp": packet.encode("utf-8")}


def _described(
    like: stills.Still | None, kind: str, name: str, noticed: notices.Notices
) -> dict[str, Any]:
    """Pillow's options for what is kept beside the pixels."""
    if like is None:
        return {}
    if like.other_data:
        noticed.add_named("Metadata other than EXIF (XMP, IPTC, text) is lost", name)
    found: dict[str, Any] = {}
    if like.profile:
        found["icc_profile"] = like.profile
    if like.exif and kind == "JPEG" and len(like.exif) > _MOST_EXIF:
        noticed.add_named("EXIF is lost: there is more of it than JPEG holds", name)
    elif like.exif:
        found["exif"] = like.exif
    if like.dpi and kind != "WEBP":
        found["dpi"] = like.dpi
    return found


def _image(pixels: stills.Pixels) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _png(pixels: stills.Pixels, options: dict[str, Any]) -> bytes:
    """A PNG by OpenCV, with the chunks that one of Pillow's would have.

    Pillow writes no colours of 16 bits, and takes longer. The chunks are those of a picture of one
    pixel.
    """
    png = images.encode_png(pixels)
    if not options:
        return png
    sample = io.BytesIO()
    _image(still.to_u8(pixels[:1, :1])).save(sample, format="PNG", **options)
    chunks = [chunk for name, chunk in _chunks(sample.getvalue()) if name not in _OWN_CHUNKS]
    return png[:_PNG_IHDR_END] + b"".join(chunks) + png[_PNG_IHDR_END:]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at : at + 12 + length]
        at += 12 + length
