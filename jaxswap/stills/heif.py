"""HEIC pictures, as phones write them: in tiles, turned, in 8 or 10 bits.

FFmpeg gives their tiles one by one, so libheif reads them, of the extra `heic`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import errors
from jaxswap.stills.still import Pixels

EXTRA = 'pip install "jaxswap[heic]"'


def is_available() -> bool:
    """Whether the extra is installed."""
    try:
        import pillow_heif  # noqa: F401 (not needed but there)
    except ImportError:
        return False
    return True


def read(path: Path) -> tuple[Pixels, dict[str, Any], int]:
    """The main picture of a HEIC file, upright; what is said of it; how many pictures there are.

    Raises:
        MissingExtraError: if the extra is not installed.
        OSError: if the file is broken; libheif also has ValueError and RuntimeError for that.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise errors.MissingExtraError(
            f"{path} is a HEIC picture, which needs an extra: {EXTRA}"
        ) from error
    held = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    pixels = np.ascontiguousarray(np.asarray(held))
    return pixels if pixels.ndim == 3 else pixels[..., None], dict(held.info), len(held)
