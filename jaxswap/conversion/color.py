"""Colour transfer: the swapped face takes the colours of the face that it replaces."""

import numpy as np
from jaxtyping import Float

from jaxswap.types import Image, Mask

MAX_GAIN = 1.25
"""How much the spread of the brightness is raised at most, or lowered: a soft face must not become
harsh."""

MAX_TINT = 4.0
"""How much a channel is raised at most, or lowered, to meet the target's mean."""

_MIN_PIXELS = 16.0  # of mask; fewer tell nothing about colours

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. ITU-R BT.709


def mean_std(
    swapped: Image,
    target: Float[np.ndarray, "target_h target_w 3"],
    mask: Float[np.ndarray, "mask_h mask_w 1"],
) -> Image:
    """Give `swapped` the mean colour and the spread of brightness that `target` has in the mask.

    First each channel is scaled to the target's mean, as another light would scale it (von Kries),
    so that shadows keep their hue: spreads matched channel by channel turn them blue where one face
    was filmed in warm light. Then all channels together are stretched about the mean until the
    luma's standard deviation is the target's. All of it is weighted by the mask and clipped to
    [0, 1]. With next to no mask `swapped` stays as it is.

    Raises:
        ValueError: if the shapes differ.

    Reference: Reinhard et al. 2001, https://doi.org/10.1109/38.946629 (means and spreads, there in
    another space)
    """
    if swapped.shape != target.shape or mask.shape[:2] != swapped.shape[:2]:
        raise ValueError(
            f"`swapped` {swapped.shape}, `target` {target.shape} and `mask` {mask.shape} must "
            "match."
        )
    weight = mask.sum()
    if weight < _MIN_PIXELS:
        return swapped
    mean = _mean(target, mask, weight)
    tint = mean / np.maximum(_mean(swapped, mask, weight), 1e-6)
    lit = swapped * np.clip(tint, 1 / MAX_TINT, MAX_TINT)
    spreads = [_luma_std(image, mask, weight) for image in (target, lit)]
    gain = np.clip(spreads[0] / max(spreads[1], 1e-6), 1 / MAX_GAIN, MAX_GAIN)
    return np.clip((lit - mean) * gain + mean, 0, 1).astype(np.float32)


def _mean(image: Image, mask: Mask, weight: np.floating) -> np.ndarray:
    return (image * mask).sum(axis=(0, 1)) / weight


def _luma_std(image: Image, mask: Mask, weight: np.floating) -> float:
    luma = image @ _LUMA
    mean = (luma * mask[..., 0]).sum() / weight
    return float(np.sqrt((np.square(luma - mean) * mask[..., 0]).sum() / weight))
