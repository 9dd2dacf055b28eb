"""Multi-band blending: details change over from face to frame at once, colours gradually."""

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap.types import Image

MAX_LEVELS = 6
"""Pyramids have no more levels, above the pixels themselves."""

_CELLS = 12  # across the mask at the coarsest level, or a little more
_SEEN = 1 / 512  # a share of the face below this changes no grey level


def num_levels(size: int) -> int:
    """Levels of the pyramid for a mask of some pixels' width: the transition is a tenth of that."""
    return int(np.clip(np.log2(max(size, 1) / _CELLS), 1, MAX_LEVELS))


def reach(levels: int) -> int:
    """How far beyond the mask pixels change at most, in pixels."""
    return 2 * 2 ** (levels + 1)


def blend(
    region: Image,
    face: Float[np.ndarray, "face_h face_w 3"],
    mask: Float[np.ndarray, "mask_h mask_w"],
    *,
    levels: int,
) -> tuple[Image, Float[np.ndarray, "mask_h mask_w"]]:
    """The region with the face in it, and the alpha that says where it differs from the region.

    The pyramid of the difference, each band weighted by the mask at its own coarseness, is added to
    the region: by linearity that is the blend of both pictures' bands, and where face and region
    are the same nothing changes, to the bit. At its borders the region is continued by reflection.

    Args:
        region: RGB in [0, 1].
        face: the same, of the same size.
        mask: [0, 1], with a sharp edge.
        levels: of the pyramid above the pixels.

    Raises:
        ValueError: if the sizes differ.

    Reference: Burt & Adelson 1983, https://doi.org/10.1145/245.247
    """
    if region.shape != face.shape or mask.shape != region.shape[:2]:
        raise ValueError(
            f"`region` {region.shape}, `face` {face.shape} and `mask` {mask.shape} must match."
        )
    differences, shares = [face - region], [mask]
    for _ in range(levels):
        differences.append(cv2.pyrDown(differences[-1]))
        shares.append(cv2.pyrDown(shares[-1]))
    change, share = differences[-1] * shares[-1][..., None], shares[-1]
    for level in reversed(range(levels)):
        height, width = shares[level].shape
        coarse = cv2.pyrUp(differences[level + 1], dstsize=(width, height))
        change = cv2.pyrUp(change, dstsize=(width, height))
        change += (differences[level] - coarse) * shares[level][..., None]
        share = np.maximum(cv2.pyrUp(share, dstsize=(width, height)), shares[level])
    alpha = (share > _SEEN).astype(np.float32)
    return np.clip(region + change, 0, 1), alpha
