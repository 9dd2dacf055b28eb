"""Whether a file is a still, a film, or pages: by what it holds, whatever its name says."""

import contextlib
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PcxImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    PsdImagePlugin,
    QoiImagePlugin,
    SgiImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from jaxswap.stills import headers

Kind = Literal["still", "pages", "film", "other"]
"""`pages` are pictures of one file that have no times; `other` is what Pillow does not know."""

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff"),
    *(".avif", ".heic", ".heif", ".hif", ".jp2", ".ppm", ".pgm", ".tga"),
)
"""Names that promise a still. What is nothing else under such a name is a damaged picture."""

_PLUGINS = (
    AvifImagePlugin.AvifImageFile,
    BmpImagePlugin.BmpImageFile,
    GifImagePlugin.GifImageFile,
    Jpeg2KImagePlugin.Jpeg2KImageFile,
    JpegImagePlugin.JpegImageFile,  # which finds MPO, several JPEGs in one file, by itself
    PcxImagePlugin.PcxImageFile,
    PngImagePlugin.PngImageFile,
    PpmImagePlugin.PpmImageFile,
    PsdImagePlugin.PsdImageFile,
    QoiImagePlugin.QoiImageFile,
    SgiImagePlugin.SgiImageFile,
    TgaImagePlugin.TgaImageFile,
    TiffImagePlugin.TiffImageFile,
    WebPImagePlugin.WebPImageFile,
)
FORMATS = tuple(plugin.format for plugin in _PLUGINS if plugin.format)
"""Pillow's names of the formats that are read. Those that it hands to other programs are not."""

BROKEN = (
    *(OSError, EOFError, SyntaxError, ValueError, RuntimeError, MemoryError, struct.error),
    *(TypeError, AttributeError, LookupError, ArithmeticError, Image.DecompressionBombError),
)
"""What Pillow and libheif raise for files that are broken: a decoder checks less than it uses."""

_ANIMATED = ("AVIF", "GIF", "PNG", "WEBP")  # other formats hold previews or layers beside the first
_JPEG = b"\xff\xd8\xff"


def kind_of(path: Path) -> Kind:
    """What a file is.

    Raises:
        OSError: if it cannot be read.
    """
    head = headers.head_of(path)
    if head.startswith(_JPEG):
        return "still"
    heif = headers.heif_kind(head)
    if heif is not None:
        return "still" if heif == "still" else "film"
    try:
        with opened(path) as image:
            if image.format in _ANIMATED:
                return "film" if getattr(image, "n_frames", 1) > 1 else "still"
            if image.format == "TIFF" and len(_pages_of(image)) > 1:
                return "pages"
            return "still"
    except BROKEN:
        return "still" if path.suffix.lower() in SUFFIXES else "other"


def is_heic(path: Path) -> bool:
    """Whether a file is a HEIC picture, which needs the extra `heic`.

    Raises:
        OSError: if it cannot be read.
    """
    return headers.heif_kind(headers.head_of(path)) == "still"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture of one of `FORMATS`, its header read.

    Raises:
        OSError: if it is none, or broken; Pillow also has ValueError and SyntaxError for that.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of size before our own bound refuses it
        with Image.open(path, formats=FORMATS) as image:
            yield image


def pages(path: Path) -> list[int]:
    """Positions of the pages in a file of that kind.

    Raises:
        OSError: if it cannot be read.
    """
    with opened(path) as image:
        return _pages_of(image)


def _pages_of(image: Image.Image) -> list[int]:
    """Positions of a TIFF's pages; those that show another one smaller are left out."""
    found = []
    for position in range(getattr(image, "n_frames", 1)):
        image.seek(position)
        if position == 0 or not headers.is_reduced_page(image):
            found.append(position)
    image.seek(0)
    return found
