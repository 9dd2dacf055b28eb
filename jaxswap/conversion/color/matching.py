"""The colours of one face, matched to the face that it replaces."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float

from jaxswap.conversion.color import distributions, linear, statistics
from jaxswap.conversion.color.statistics import Pixels, Transfer
from jaxswap.types import Image

Method = Literal["mean_std", "reinhard", "linear", "histogram", "idt", "sliced"]

METHODS: Mapping[Method, Callable[[Pixels, Pixels], Transfer]] = {
    "mean_std": statistics.mean_std,
    "reinhard": statistics.reinhard,
    "linear": linear.monge_kantorovich,
    "histogram": distributions.histogram,
    "idt": distributions.iterative,
    "sliced": distributions.sliced,
}

NUM_PIXELS = 512
"""Pixels of a sample at most: more change the estimate by less than a grey level."""

_MIN_PIXELS = 16  # fewer tell nothing about colours
_INSIDE = 0.5  # of the mask, from which on a pixel is of the face


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Pixels of a swapped face and of the face in the footage, at the same places."""

    swapped: Float[np.ndarray, "n 3"]
    target: Float[np.ndarray, "m 3"]

    def __len__(self) -> int:
        return len(self.swapped)


def sample(
    swapped: Image,
    target: Float[np.ndarray, "target_h target_w 3"],
    mask: Float[np.ndarray, "mask_h mask_w 1"],
) -> Sample:
    """Pixels inside a mask, evenly spread over it.

    Args:
        swapped: the face that is put on, over the view.
        target: the view of the footage.
        mask: where both show a face, in [0, 1].

    Raises:
        ValueError: if the shapes differ.
    """
    if swapped.shape != target.shape or mask.shape[:2] != swapped.shape[:2]:
        raise ValueError(
            f"`swapped` {swapped.shape}, `target` {target.shape} and `mask` {mask.shape} must "
            "match."
        )
    inside = np.flatnonzero(mask[..., 0].ravel() > _INSIDE)
    count = min(len(inside), NUM_PIXELS)
    # In an order of which every beginning is spread over the face, too.
    spread = (np.arange(count) * _GOLDEN % 1 * len(inside)).astype(int)
    places = inside[list(dict.fromkeys(spread.tolist()))]
    return Sample(swapped=swapped.reshape(-1, 3)[places], target=target.reshape(-1, 3)[places])


def matched(face: Image, pixels: Sample, *, method: Method) -> Image:
    """A face in the colours of its target, in [0, 1]; with next to no pixels as it was.

    Args:
        face: in [0, 1].
        pixels: of this face, and of its neighbours in time.
        method: how.
    """
    if len(pixels) < _MIN_PIXELS:
        return face
    transfer = METHODS[method](pixels.swapped, pixels.target)
    moved = transfer(face.reshape(-1, 3)).reshape(face.shape)
    return np.clip(moved, 0, 1).astype(np.float32)


_GOLDEN = 0.6180339887498949  # its multiples, without their whole parts, fill [0, 1) evenly
