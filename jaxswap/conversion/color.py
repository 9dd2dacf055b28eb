"""Colour transfer: the swapped face takes the colours of the face that it replaces."""

import numpy as np
from jaxtyping import Float

from jaxswap.types import Image, Mask

MAX_GAIN = 2.0
"""How much the spread of a channel is raised at most, or lowered: a flat face must not become
noise."""

_MIN_PIXELS = 16.0  # of mask; fewer tell nothing about colours


def mean_std(
    swapped: Image,
    target: Float[np.ndarray, "target_h target_w 3"],
    mask: Float[np.ndarray, "mask_h mask_w 1"],
) -> Image:
    """Give each channel of `swapped` the mean and spread that `target` has inside the mask.

    x -> (x - mean(swapped)) * std(target) / std(swapped) + mean(target), in RGB, weighted by the
    mask and clipped to [0, 1]. With next to no mask `swapped` stays as it is.

    Raises:
        ValueError: if the shapes differ.

    Reference: Reinhard et al. 2001, https://doi.org/10.1109/38.946629 (there in another space)
    """
    if swapped.shape != target.shape or mask.shape[:2] != swapped.shape[:2]:
        raise ValueError(
            f"`swapped` {swapped.shape}, `target` {target.shape} and `mask` {mask.shape} must "
            "match."
        )
    weight = mask.sum()
    if weight < _MIN_PIXELS:
        return swapped
    swapped_mean, swapped_std = _moments(swapped, mask, weight)
    target_mean, target_std = _moments(target, mask, weight)
    gain = np.clip(target_std / np.maximum(swapped_std, 1e-6), 1 / MAX_GAIN, MAX_GAIN)
    return np.clip((swapped - swapped_mean) * gain + target_mean, 0, 1).astype(np.float32)


def _moments(image: Image, mask: Mask, weight: np.floating) -> tuple[np.ndarray, np.ndarray]:
    mean = (image * mask).sum(axis=(0, 1)) / weight
    variance = (np.square(image - mean) * mask).sum(axis=(0, 1)) / weight
    return mean, np.sqrt(variance)
