"""Preview pictures: chips of each identity, reconstructed and swapped."""

import functools
from collections.abc import Mapping, Sequence

import jax
import numpy as np
from jaxtyping import Array, Float, UInt8
from PIL import Image, ImageDraw

from jaxswap import config, images, types
from jaxswap.augmentation import view
from jaxswap.models import building, topologies

ROWS = 6
CELL = 128
CAPTION = 18

Validation = Mapping[str, tuple[UInt8[np.ndarray, "n s s 3"], UInt8[np.ndarray, "n s s 3"]]]
"""By identity: chips, and their regions (face, eyes, mouth)."""


@functools.partial(jax.jit, static_argnames=("model",))
def _swapped(
    params: topologies.Params,
    views: Float[Array, "n s s 3"],
    masks: Float[Array, "n s s 1"],
    *,
    model: config.Model,
) -> Float[Array, "n s s 3"]:
    return topologies.swap(building.build(model), params, views, masks=masks).face


def grid(
    params: topologies.Params,
    configuration: config.Config,
    identities: Sequence[str],
    validation: Validation,
) -> types.ImageU8:
    """For two identities the columns a, a->a, a->b, b, b->b, b->a; for more likewise.

    Args:
        params: the parameters to show.
        configuration: of the run.
        identities: names, in the order of the columns.
        validation: chips of each identity; the first few are shown, one a row.
    """
    columns: list[tuple[str, np.ndarray]] = []
    for name in identities:
        views, masks = _views(configuration, validation[name])
        columns.append((name, views))
        for shown in [name, *(other for other in identities if other != name)]:
            own = topologies.of_one(params, shown)
            face = _swapped(own, views, masks, model=configuration.model)
            columns.append((f"{name} -> {shown}", np.asarray(face)))
    return _draw(columns)


def _views(
    configuration: config.Config, chips: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    # Spread over the footage; the same number always, or each count would be compiled anew.
    rows = [i * len(chips[0]) // ROWS for i in range(ROWS)]
    size, coverage = configuration.model.image_size, configuration.augmentation.coverage
    shown = [view.view(part[rows], size=size, coverage=coverage) for part in chips]
    return np.asarray(shown[0]), np.asarray(shown[1])[..., :1]


def _draw(columns: list[tuple[str, np.ndarray]]) -> types.ImageU8:
    width = CELL * len(columns)
    sheet = Image.new("RGB", (width, CAPTION + CELL * ROWS), (24, 24, 24))
    pen = ImageDraw.Draw(sheet)
    for x, (caption, pictures) in enumerate(columns):
        pen.text((x * CELL + 4, 3), caption, fill=(230, 230, 230))
        for y, picture in enumerate(pictures):
            cell = Image.fromarray(images.to_u8(picture)).resize(
                (CELL, CELL), Image.Resampling.BICUBIC
            )
            sheet.paste(cell, (x * CELL, CAPTION + y * CELL))
    return np.asarray(sheet)
