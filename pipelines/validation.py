"""Chips that training never sees, for previews and for the evaluation."""

import numpy as np
from jaxtyping import Float, UInt8

from pipelines import dataset

Chips = tuple[
    UInt8[np.ndarray, "n h w 3"], UInt8[np.ndarray, "n h w 3"], Float[np.ndarray, "n 468 2"]
]


def validation_chips(opened: dataset.Dataset, identity: str, *, limit: int | None) -> Chips:
    """Images, regions and landmarks of held-out chips, in the order of time.

    Args:
        opened: the dataset.
        identity: whose chips.
        limit: how many at most, evenly spread over the held-out time; all if None.

    Returns:
        RGB and masks in 0..255, and meshes in unit coordinates, where 0 and 1 are the chip's edges.

    Raises:
        DatasetError: if there is no such identity, or one of its chips is broken.
        ValueError: if `limit` is less than 1.
    """
    chips = opened.source(identity, "validation")
    taken = [chips[int(index)] for index in evenly(len(chips), limit=limit)]
    images_u8, regions_u8, landmarks = (
        np.stack([record[name] for record in taken]) for name in ("image", "regions", "landmarks")
    )
    return images_u8, regions_u8, landmarks


def evenly(count: int, *, limit: int | None) -> np.ndarray:
    """At most `limit` of the indices 0..count - 1: the middles of as many equal parts.

    Raises:
        ValueError: if `limit` is less than 1.
    """
    if limit is None or limit >= count:
        return np.arange(count)
    if limit < 1:
        raise ValueError(f"`limit` must be >= 1, not {limit}.")
    return ((np.arange(limit) + 0.5) * count / limit).astype(np.int64)
