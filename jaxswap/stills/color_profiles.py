"""ICC profiles: the colours of a picture as sRGB, and back into the picture's own space.

Little CMS does the work, by Pillow, in 8 bits a channel.
"""

import dataclasses
import functools
import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms

_NEAR = 3  # levels: a profile that moves no colour farther than this is sRGB
_LATTICE = 9  # steps of each channel at which that is looked at


@dataclasses.dataclass(frozen=True)
class Space:
    """The colours of a profile that is not sRGB."""

    to_srgb: ImageCms.ImageCmsTransform
    from_srgb: ImageCms.ImageCmsTransform | None
    """None for ink, into which nothing is painted."""

    def srgb_u8(self, colors_u8: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w 3"]:
        """Grey or RGB of the profile, as sRGB."""
        image = Image.fromarray(colors_u8[..., 0] if colors_u8.shape[-1] == 1 else colors_u8)
        return np.asarray(self.image_as_srgb(image))

    def own_u8(self, srgb_u8: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w c"]:
        """The inverse of `srgb_u8`, as near as the profile comes.

        Raises:
            ValueError: if there is no way back.
        """
        if self.from_srgb is None:
            raise ValueError("Nothing is painted in the colours of this profile.")
        own = ImageCms.applyTransform(Image.fromarray(srgb_u8), self.from_srgb)
        own_u8 = np.asarray(own)
        return own_u8 if own_u8.ndim == 3 else own_u8[..., None]

    def image_as_srgb(self, image: Image.Image) -> Image.Image:
        """An image in the mode that the space was made for, as RGB."""
        shown = ImageCms.applyTransform(image, self.to_srgb)
        if shown is None:
            raise ValueError("The transform gave no image.")
        return shown


@functools.lru_cache(maxsize=8)
def space(profile: bytes, mode: str) -> Space | None:
    """The colours of a profile; None if they are sRGB.

    Args:
        profile: an ICC profile.
        mode: Pillow's name of the pixels: L, RGB or CMYK.

    Raises:
        ValueError: if the profile is broken, or is not for such pixels.
    """
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        to_srgb = ImageCms.buildTransform(own, srgb, mode, "RGB")
        if mode == "CMYK":
            return Space(to_srgb=to_srgb, from_srgb=None)
        made = Space(to_srgb=to_srgb, from_srgb=ImageCms.buildTransform(srgb, own, "RGB", mode))
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"The colour profile cannot be used ({error}).") from error
    lattice_u8 = _lattice_u8(channels=len(mode))
    moved = np.abs(made.srgb_u8(lattice_u8).astype(int) - lattice_u8)
    return None if moved.max() <= _NEAR else made


def _lattice_u8(*, channels: int) -> UInt8[np.ndarray, "h w c"]:
    steps = np.linspace(0, 255, _LATTICE).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(*[steps] * channels, indexing="ij"), axis=-1)
    return grid.reshape(1, -1, channels)
