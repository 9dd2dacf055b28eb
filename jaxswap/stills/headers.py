"""What the headers of pictures say and Pillow does not: depth, colours, and raw pictures."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

HEAD = 65536  # bytes in which all that is looked for lies

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_FILM_BRANDS = frozenset({b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_USUAL_PRIMARIES = frozenset({0, 1, 2, 5, 6, 7})  # H.273: sRGB, near it, or not said
_NAMES = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}
_SRGB_POINTS = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_SRGB_GAMMA = 0.45455
_NEW_SUBFILE_TYPE, _BITS, _DNG_VERSION = 254, 258, 50706
_BITS_OF_HIGH_DEPTH = 16  # a channel: what PNG, TIFF and PNM hold beyond 8


def head_of(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as stream:
        return stream.read(HEAD)


def heif_kind(head: bytes) -> str | None:
    """`still` or `film` of a HEIC file; None of any other."""
    if head[4:8] != b"ftyp":
        return None
    (size,) = struct.unpack(">I", head[:4])
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, HEAD), 4))]
    if brands[0] in _FILM_BRANDS:
        return "film"
    if brands[0] in _HEIC_BRANDS:
        return "still"
    is_heif = brands[0] in (b"mif1", b"msf1") and not _AVIF_BRANDS & set(brands)
    if is_heif and (_HEIC_BRANDS | _FILM_BRANDS) & set(brands):
        return "still" if brands[0] == b"mif1" else "film"
    return None


def bits(image: Image.Image, head: bytes) -> int:
    """Bits a channel of a picture that Pillow has opened.

    Args:
        image: not loaded yet.
        head: the first bytes of its file.
    """
    if image.format == "PNG":
        return max(8, head[24])
    if image.format == "TIFF":
        told = getattr(image, "tag_v2", {}).get(_BITS, (8,))
        return max(8, *(told if isinstance(told, tuple) else (told,)))
    if image.format == "AVIF":
        at = head.find(b"av1C")
        flags = head[at + 6] if 0 <= at < len(head) - 6 else 0
        return {0: 8, 0x40: 10}.get(flags & 0x60, 12)
    if image.format == "JPEG2000":
        at = head.find(b"ihdr")
        told = head[at + 14] if 0 <= at < len(head) - 14 else 7
        return max(8, (told & 0x7F) + 1) if told != 0xFF else 8
    (coder, *_, told), *_ = getattr(image, "tile", None) or [("", 0, 0, "")]
    if image.format == "PPM" and isinstance(told, tuple) and isinstance(told[-1], int):
        return 8 if told[-1] < 256 else _BITS_OF_HIGH_DEPTH  # the value of white
    return _BITS_OF_HIGH_DEPTH if "16" in f"{coder} {told}" else 8


def is_camera_raw(image: Image.Image) -> bool:
    """Whether what Pillow reads of a TIFF is only a preview beside a camera's raw picture."""
    tags = getattr(image, "tag_v2", None)
    if image.format != "TIFF" or tags is None:
        return False
    is_reduced = bool(tags.get(_NEW_SUBFILE_TYPE, 0) & 1)
    return _DNG_VERSION in tags or is_reduced


def is_reduced_page(image: Image.Image) -> bool:
    """Whether a page of a TIFF is another one made smaller."""
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(_NEW_SUBFILE_TYPE, 0) & 1)


def unusual_colors(info: Mapping[Any, Any], head: bytes) -> str | None:
    """Colours that a file names by number, not by a profile, and that are not those of sRGB.

    Args:
        info: Pillow's.
        head: the first bytes of the file.
    """
    for label, offset, width in ((b"colrnclx", 8, 2), (b"cICP", 4, 1)):
        at = head.find(label)
        if at >= 0:
            primaries = int.from_bytes(head[at + offset : at + offset + width], "big")
            if primaries not in _USUAL_PRIMARIES:
                return _NAMES.get(primaries, f"primaries {primaries} of H.273")
            return None
    if "srgb" in info:
        return None
    points = info.get("chromaticity")
    if points and any(abs(a - b) > 0.005 for a, b in zip(points, _SRGB_POINTS, strict=True)):
        return "other primaries (cHRM)"
    gamma = info.get("gamma")
    if gamma and abs(gamma - _SRGB_GAMMA) > 0.02:
        return f"another gamma (gAMA {gamma:g})"
    return None
