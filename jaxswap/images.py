"""The only converter between image conventions, and the writer of image files.

Inside the package: RGB, channels last; `_u8` is 0..255, without a suffix it is float32 in [0, 1].
"""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import files, stills, types


def to_float(image_u8: UInt8[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """0..255 to [0, 1] float32."""
    return image_u8.astype(np.float32) / 255.0


def to_u8(image: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """[0, 1] to 0..255, rounded to the nearest and clipped."""
    return np.clip(np.rint(image * 255.0), 0, 255).astype(np.uint8)


def read_u8(path: Path) -> types.ImageU8:
    """An image file, upright by its EXIF orientation, as sRGB.

    Raises:
        FootageError: if the file is missing, is no image, is broken or has over 100 megapixels.
        MissingExtraError: if it is HEIC and the extra is not installed.
    """
    return stills.read(path).rgb_u8


def encode_png(pixels: stills.Pixels, *, compression: int = 3) -> bytes:
    """PNG bytes of an image, lossless.

    Args:
        pixels: grey, RGB, or RGB and alpha, of 8 or 16 bits.
        compression: 0 to 9.
    """
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(pixels.shape[-1])
    ok, buffer = cv2.imencode(
        ".png",
        pixels if order is None else cv2.cvtColor(pixels, order),
        [cv2.IMWRITE_PNG_COMPRESSION, compression],
    )
    if not ok:
        raise ValueError(f"An image of shape {pixels.shape} cannot be encoded as PNG.")
    return buffer.tobytes()


def encode_jpeg(image_u8: UInt8[np.ndarray, "h w 3"], *, quality: int = 95) -> bytes:
    """JPEG bytes of an RGB image, colour at full resolution (4:4:4)."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    ok, buffer = cv2.imencode(".jpg", cv2.cvtColor(image_u8, cv2.COLOR_RGB2BGR), options)
    if not ok:
        raise ValueError(f"An image of shape {image_u8.shape} cannot be encoded as JPEG.")
    return buffer.tobytes()


def decode_u8(encoded: bytes) -> types.ImageU8:
    """PNG or JPEG bytes as RGB.

    Raises:
        ValueError: if the bytes are no image.
    """
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR) if encoded else None
    if image is None:
        raise ValueError(f"{len(encoded)} bytes do not decode as an image.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def resize_u8(image_u8: UInt8[np.ndarray, "h w c"], size: int) -> UInt8[np.ndarray, "s s c"]:
    """A square image at another size: area filter when it shrinks, cubic when it grows."""
    if image_u8.shape[0] == size:
        return image_u8
    shrinks = size < image_u8.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image_u8, (size, size), interpolation=method)


def write_png(path: Path, image_u8: UInt8[np.ndarray, "h w 3"]) -> None:
    """Write a PNG, complete or not at all."""
    with files.replacing(path) as partial:
        partial.write_bytes(encode_png(image_u8))
