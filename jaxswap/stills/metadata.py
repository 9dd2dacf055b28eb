"""What a picture's file says beside its pixels, and what of it goes into another file."""

from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

_OTHER = {
    "xmp": "XMP",
    "XML:com.adobe.xmp": "XMP",
    "photoshop": "IPTC",
    "comment": "comments",
}
_LEFT_OUT = frozenset(
    {
        ExifTags.Base.Orientation,  # the picture is upright
        ExifTags.Base.ExifOffset,
        ExifTags.Base.GPSInfo,
        ExifTags.Base.MakerNote,  # its addresses hold in its own file alone
        ExifTags.Base.ExifInteroperabilityOffset,
        ExifTags.Base.ExifImageWidth,
        ExifTags.Base.ExifImageHeight,
        # What a TIFF says of its own pixels is no word of the camera.
        *range(0x00FE, 0x010E),
        *range(0x0111, 0x011A),
        *range(0x011C, 0x011E),
        *range(0x0140, 0x0154),
        *range(0x0200, 0x0215),
        0x02BC,  # XMP
        0x83BB,  # IPTC
        0x8649,  # Photoshop
        0x8773,  # ICC profile
    }
)


def exif_of(exif: Image.Exif) -> bytes | None:
    """Date, camera, place and the like, for a new file; None if there is nothing."""
    kept = Image.Exif()
    kept.update({tag: value for tag, value in exif.items() if tag not in _LEFT_OUT})
    for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        held = exif.get_ifd(ifd)
        found = {tag: value for tag, value in held.items() if tag not in _LEFT_OUT}
        if found:
            kept.get_ifd(ifd).update(found)
            kept[ifd] = dict(found)
    return kept.tobytes() if len(kept) else None


def others(image: Image.Image) -> tuple[str, ...]:
    """Names of the metadata that does not go into another file, each once.

    Args:
        image: loaded, since a PNG may have text after its pixels.
    """
    found = {name: None for key, name in _OTHER.items() if image.info.get(key)}
    if getattr(image, "text", None):
        found["text"] = None
    return tuple(found)


def dpi_of(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Dots an inch across and down, where they make sense."""
    told = info.get("dpi")
    try:
        across, down = (float(one) for one in told) if told else (0.0, 0.0)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 65536 and 1 < down < 65536 else None
