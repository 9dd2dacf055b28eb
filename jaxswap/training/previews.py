"""Preview pictures: chips of each identity, reconstructed and swapped."""

import functools
from collections.abc import Mapping, Sequence

import jax
import numpy as np
from jaxtyping import Array, Float, UInt8
from PIL import Image, ImageDraw

from jaxswap import config, images, types
from jaxswap.augmentation import view
from jaxswap.models import autoencoder

ROWS = 6
CELL = 128
CAPTION = 18

Validation = Mapping[str, tuple[UInt8[np.ndarray, "n s s 3"], UInt8[np.ndarray, "n s s 3"]]]
"""By identity: chips, and their regions (face, eyes, mouth)."""


@functools.partial(jax.jit, static_argnames=("model",))
def _swapped(
    params: autoencoder.Params,
    views: Float[Array, "n s s 3"],
    masks: Float[Array, "n s s 1"],
    identity: Array,
    *,
    model: config.ModelConfig,
) -> Float[Array, "n s s 3"]:
    return autoencoder.swap(params, model, views, identity=identity, masks=masks).face


def grid(
    params: autoencoder.Params,
    configuration: config.Config,
    identities: Sequence[str],
    validation: Validation,
) -> types.ImageU8:
    """For two identities the columns a, a->a, a->b, b, b->b, b->a; for more likewise.

    Args:
        params: the parameters to show.
        configuration: of the run.
        identities: names in the order of the decoders.
        validation: chips of each identity; the first few are shown, one a row.
    """
    columns: list[tuple[str, np.ndarray]] = []
    for index, name in enumerate(identities):
        views, masks = _views(configuration, validation[name])
        columns.append((name, views))
        others = [i for i in range(len(identities)) if i != index]
        for decoder in [index, *others]:
            face = _swapped(params, views, masks, np.int32(decoder), model=configuration.model)
            columns.append((f"{name} -> {identities[decoder]}", np.asarray(face)))
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
