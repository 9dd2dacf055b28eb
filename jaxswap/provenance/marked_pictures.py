"""Pictures that carry their mark: PNG, JPEG and WebP."""

from pathlib import Path

from PIL import Image, PngImagePlugin

from jaxswap import errors, files
from jaxswap.provenance import marks, xmp
from jaxswap.types import ImageU8

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""Suffixes of the pictures that can carry a mark."""

JPEG_QUALITY = 95


def write(path: Path, image_u8: ImageU8, *, mark: marks.Mark) -> None:
    """Write a marked picture under its final name, complete or not at all.

    Args:
        path: where to; its suffix is the format.
        image_u8: RGB, 0..255.
        mark: what the picture says about itself, as XMP and as a comment for people.

    Raises:
        OutputError: if the suffix is of no format that carries a mark, or the disk refuses.
    """
    check_suffix(path)
    try:
        with files.replacing(path) as partial:
            _save(partial, image_u8, mark)
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


def _save(path: Path, image_u8: ImageU8, mark: marks.Mark) -> None:
    packet = xmp.to_xmp(mark, kind="image")
    comment = marks.comment(mark, kind="image")
    image = Image.fromarray(image_u8)
    suffix = path.suffix.lower()
    if suffix == ".png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet)
        text.add_itxt("Comment", comment)
        image.save(path, pnginfo=text)
    elif suffix == ".webp":
        image.save(path, lossless=True, xmp=packet.encode("utf-8"))
    else:
        image.save(
            path,
            quality=JPEG_QUALITY,
            subsampling=0,
            xmp=packet.encode("utf-8"),
            comment=comment.encode("utf-8"),
        )
