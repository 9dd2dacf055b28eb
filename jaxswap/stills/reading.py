"""Reading a still picture."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from jaxswap import errors, types
from jaxswap.stills import color_profiles, decoding, headers, heif, kinds, metadata, still

_ORIENTATION = 0x0112
_PLAIN = {"1": "L", "L": "L", "LA": "LA", "La": "LA", "RGB": "RGB", "RGBA": "RGBA", "RGBa": "RGBA"}
"""What pixels of Pillow's modes become, to the bit."""


@dataclasses.dataclass(kw_only=True)
class _Decoded:
    """What a decoder gave."""

    pixels: still.Pixels
    exif: Image.Exif
    orientation: int
    info: Mapping[Any, Any]
    other_data: tuple[str, ...]
    profile: bytes | None
    remarks: list[str]


def read(path: Path, *, page: int | None = None) -> still.Still:
    """A picture, upright by its EXIF orientation.

    Args:
        path: of its file.
        page: position of one in a file of the kind `pages`; None of another.

    Raises:
        FootageError: if the file is missing, is no picture, is broken or has over 100 megapixels.
        MissingExtraError: if it is HEIC and the extra is not installed.
    """
    try:
        head = headers.head_of(path)
        if headers.heif_kind(head) is not None:
            decoded = _of_heif(path)
        else:
            decoded = _of_pillow(path, head, page)
        return _finished(decoded, head)
    except FileNotFoundError as error:
        raise errors.FootageError(f"There is no file {path}. Check the path.") from error
    except kinds.BROKEN as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise errors.FootageError(
            f"{path} cannot be read as an image ({said}). Replace it or leave it out."
        ) from error


def _of_heif(path: Path) -> _Decoded:
    pixels, info, count = heif.read(path)
    exif = Image.Exif()
    if info.get("exif"):
        exif.load(info["exif"])
    remarks = ["further pictures in the file are lost"] if count > 1 else []
    return _Decoded(
        pixels=pixels,
        exif=exif,
        orientation=1,  # libheif has turned it
        info=info,
        other_data=("XMP",) if info.get("xmp") else (),
        profile=info.get("icc_profile"),
        remarks=remarks,
    )


def _of_pillow(path: Path, head: bytes, page: int | None) -> _Decoded:
    with kinds.opened(path) as image:
        if page is not None:
            image.seek(page)
        width, height = image.size
        if width * height > still.MAX_PIXELS:
            raise errors.FootageError(
                f"{path} has {width}x{height} pixels; at most {still.MAX_PIXELS:,} are read. "
                "Scale it down first."
            )
        if page is None and headers.is_camera_raw(image):
            raise errors.FootageError(
                f"{path} is a camera's raw picture, of which only a preview could be read. Export "
                "it as TIFF, PNG or JPEG."
            )
        bits = headers.bits(image, head)
        pixels = decoding.deep(path, image, head) if bits > 8 and page is None else None
        if pixels is None:
            return _shallow(image, bits)
        exif = image.getexif()
        orientation = exif.get(_ORIENTATION, 1)
        image.load()  # FFmpeg says nothing of a file that is cut off
        return _Decoded(
            pixels=pixels,
            exif=exif,
            orientation=orientation,
            info=image.info,
            other_data=metadata.others(image),
            profile=image.info.get("icc_profile"),
            remarks=[],
        )


def _shallow(image: Image.Image, bits: int) -> _Decoded:
    """The pixels as Pillow has them: in 8 bits, but for grey of 16."""
    remarks = []
    exif = image.getexif()
    kept = dict(exif)
    image.load()  # which turns a TIFF upright and takes its orientation away
    profile = image.info.get("icc_profile")
    mode = _plain_mode(image)
    if mode is not None:
        pixels = decoding.pixels_of(image.convert(mode))
    elif image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        pixels = np.asarray(image).astype(np.uint16)[..., None]
    elif image.mode in ("I", "F"):
        raise ValueError("its pixels have no white to scale by: export it in 8 or 16 bits")
    else:
        pixels, profile = _rgb_of(image, profile), None
        remarks.append(f"colours of the kind {image.mode} became RGB")
    if bits > 8 and pixels.dtype == np.uint8:
        remarks.append(f"{bits} bits a channel became 8")
    if image.format == "MPO":
        remarks.append("further pictures in the file (a gain map or a preview) are lost")
    orientation = image.getexif().get(_ORIENTATION, 1)
    exif.update(kept)
    return _Decoded(
        pixels=pixels,
        exif=exif,
        orientation=orientation,
        info=image.info,
        other_data=metadata.others(image),
        profile=profile,
        remarks=remarks,
    )


def _plain_mode(image: Image.Image) -> str | None:
    """The mode in which the pixels are kept to the bit; None if there is none."""
    transparent = "transparency" in image.info
    if image.mode in ("P", "PA"):
        return "RGBA" if transparent or image.mode == "PA" else "RGB"
    mode = _PLAIN.get(image.mode)
    return f"{mode}A" if transparent and mode in ("L", "RGB") else mode


def _rgb_of(image: Image.Image, profile: bytes | None) -> still.Pixels:
    """Ink and the like as sRGB, by the profile if there is one that fits."""
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        transform = ImageCms.buildTransform(lab, ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return decoding.pixels_of(transform.apply(image))
    if image.mode == "CMYK" and profile:
        try:
            space = color_profiles.space(profile, "CMYK")
        except ValueError:
            space = None
        if space is not None:
            return decoding.pixels_of(space.image_as_srgb(image))
    return decoding.pixels_of(image.convert("RGB"))


def _finished(decoded: _Decoded, head: bytes) -> still.Still:
    pixels = np.ascontiguousarray(decoding.upright(decoded.pixels, decoded.orientation))
    remarks = list(decoded.remarks)
    named = None if decoded.profile else headers.unusual_colors(decoded.info, head)
    if named is not None:
        remarks.append(f"colours of {named}, which are named without a profile, are taken for sRGB")
    profile = decoded.profile or None
    try:
        rgb_u8 = _srgb_u8(pixels, profile)
    except ValueError:
        profile, rgb_u8 = None, _srgb_u8(pixels, None)
        remarks.append("a colour profile that cannot be used is lost, colours are taken for sRGB")
    return still.Still(
        pixels=pixels,
        rgb_u8=rgb_u8,
        profile=profile,
        exif=metadata.exif_of(decoded.exif),
        dpi=metadata.dpi_of(decoded.info),
        remarks=tuple(remarks),
        other_data=decoded.other_data,
    )


def _srgb_u8(pixels: still.Pixels, profile: bytes | None) -> types.ImageU8:
    colors_u8 = still.to_u8(still.colors(pixels))
    is_grey = colors_u8.shape[-1] == 1
    space = color_profiles.space(profile, "L" if is_grey else "RGB") if profile else None
    if space is not None:
        return space.srgb_u8(np.ascontiguousarray(colors_u8))
    return np.ascontiguousarray(np.repeat(colors_u8, 3, axis=-1) if is_grey else colors_u8)
