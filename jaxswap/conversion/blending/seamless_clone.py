"""Poisson blending by OpenCV, on the processor."""

from collections.abc import Sequence

import cv2
import numpy as np

from jaxswap import images
from jaxswap.conversion.blending import poisson
from jaxswap.types import Image

_PAD = 1  # OpenCV leaves out the mask at the border of a picture, and then moves the face
_METHODS = {"normal": cv2.NORMAL_CLONE, "mixed": cv2.MIXED_CLONE}


def clone(tasks: Sequence[poisson.Task], *, gradients: poisson.Gradients) -> list[Image]:
    """The regions with the faces in them, by `cv2.seamlessClone`: see `poisson.Clone`.

    Its unknowns are the whole box around the mask, so that colours change around the mask, too;
    here only the mask's own pixels are taken over. It works in 8 bits, keeps the region's gradients
    in the outer three pixels of the mask, and where the frame cuts a face it takes the frame's last
    pixels for the face's surroundings. Equal calls of it can differ by some levels in some pixels,
    so that two conversions need not have the same bytes.

    Raises:
        ValueError: if the sizes of a task differ.
    """
    return [_cloned(task, gradients) for task in tasks]


def _cloned(task: poisson.Task, gradients: poisson.Gradients) -> Image:
    region, face, mask = task
    if region.shape != face.shape or mask.shape != region.shape[:2]:
        raise ValueError(
            f"`region` {region.shape}, `face` {face.shape} and `mask` {mask.shape} must match."
        )
    if not mask.any():
        return region.copy()
    region_u8, face_u8 = (
        cv2.copyMakeBorder(images.to_u8(image), _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REPLICATE)
        for image in (region, face)
    )
    mask_u8 = np.pad(mask.astype(np.uint8) * 255, _PAD)
    x, y, width, height = cv2.boundingRect(mask_u8)
    centre = (x + width // 2, y + height // 2)  # puts the mask's box where it is
    cloned_u8 = cv2.seamlessClone(face_u8, region_u8, mask_u8, centre, _METHODS[gradients])
    cloned = images.to_float(cloned_u8[_PAD:-_PAD, _PAD:-_PAD])
    return np.where(mask[..., None], cloned, region)
