"""Validation chips: how well each identity is reconstructed, and what the swaps look like."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import config, images, runs
from jaxswap.augmentation import view
from jaxswap.evaluation import image_quality, perceptual
from jaxswap.models import autoencoder

BATCH_SIZE = 32
NUM_PICTURES = 5

ChipsAndRegions = tuple[UInt8[np.ndarray, "n h w 3"], UInt8[np.ndarray, "n h w 3"]]
"""Chips of one identity and their regions."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """Means over chips: l1 in [0, 1], lower is better; ssim in [-1, 1] and psnr in dB, higher."""

    l1: float
    ssim: float
    psnr: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reconstruction:
    """How well an identity's decoder gives back its own validation chips.

    Attributes:
        chips: how many.
        view: over the whole view.
        face: inside the face mask only; None if no mask reaches into the view.
        lpips: how unlike the views look, 0 is the same; None without the extra `lpips`, or if the
            view is too small for it.
        mask_overlap: of the learned mask and the landmarks' one, sum of the smaller over sum of
            the larger, in [0, 1]; None if the model learns no mask.
    """

    chips: int
    view: Quality
    face: Quality | None
    lpips: float | None
    mask_overlap: float | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ChipPictures:
    """Some validation views of one identity and what the decoders make of them.

    Attributes:
        inputs_u8: what the network sees.
        outputs_u8: by the name of the decoder's identity, its own among them.
        masks_u8: the learned masks of its own decoder; None without a mask head.
    """

    inputs_u8: UInt8[np.ndarray, "n s s 3"]
    outputs_u8: dict[str, UInt8[np.ndarray, "n s s 3"]]
    masks_u8: UInt8[np.ndarray, "n s s 1"] | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChipResults:
    """Figures and pictures by identity, in the order of the run.

    Attributes:
        step: the checkpoint that was measured.
        parameters_sha256: of its parameters.
        reconstructions: figures.
        pictures: some chips, to look at.
    """

    step: int
    parameters_sha256: str
    reconstructions: dict[str, Reconstruction]
    pictures: dict[str, ChipPictures]


def evaluate_chips(
    run: runs.Run, validation: Mapping[str, ChipsAndRegions], *, step: int | None = None
) -> ChipResults:
    """Measure a run on validation chips.

    Args:
        run: the trained run.
        validation: chips and regions of every identity of the run, at least one of each.
        step: which checkpoint; None takes the latest.

    Raises:
        RunError: if there is no such checkpoint.
        ValueError: if an identity has no chips.
    """
    missing = [name for name in run.identities if not len(validation.get(name, ((),))[0])]
    if missing:
        raise ValueError(f"`validation` has no chips of {', '.join(missing)}.")
    params, step = run.load_params(step=step)
    decode = functools.partial(
        _decode, params, model=run.config.model, coverage=run.config.augmentation.coverage
    )
    return ChipResults(
        step=step,
        parameters_sha256=runs.parameters_sha256(params),
        reconstructions={
            name: _reconstruction(decode, validation[name], identity=index)
            for index, name in enumerate(run.identities)
        },
        pictures={
            name: _pictures(decode, validation[name], run.identities, name)
            for name in run.identities
        },
    )


@functools.partial(jax.jit, static_argnames=("model", "coverage"))
def _decode(
    params: autoencoder.Params,
    images_u8: jax.Array,
    regions_u8: jax.Array,
    identity: int | jax.Array,
    *,
    model: config.ModelConfig,
    coverage: float,
) -> tuple[jax.Array, jax.Array, autoencoder.Outputs]:
    """Views, their face masks, and what a decoder makes of them; one program for all decoders."""
    seen = view.view(images_u8, size=model.image_size, coverage=coverage)
    masks = view.view(regions_u8[..., :1], size=model.image_size, coverage=coverage)
    given = masks if model.mask_encoder == "separate" else None
    outputs = autoencoder.swap(params, model, seen, identity=identity, masks=given)
    return seen, masks, outputs


def _run(
    decode: Any, chips: ChipsAndRegions, identity: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """One batch through `_decode`, padded to the one size that is compiled.

    Returns:
        The views, their face masks, what the decoder makes of them, and its masks if it has a head.
    """
    count = len(chips[0])
    padded = [np.resize(part, (BATCH_SIZE, *part.shape[1:])) for part in chips]
    seen, masks, outputs = decode(*padded, identity)
    seen, masks, face = (np.asarray(part)[:count] for part in (seen, masks, outputs.face))
    return seen, masks, face, None if outputs.mask is None else np.asarray(outputs.mask)[:count]


def _batches(chips: ChipsAndRegions) -> Iterator[ChipsAndRegions]:
    for start in range(0, len(chips[0]), BATCH_SIZE):
        yield chips[0][start : start + BATCH_SIZE], chips[1][start : start + BATCH_SIZE]


def _reconstruction(decode: Any, chips: ChipsAndRegions, *, identity: int) -> Reconstruction:
    whole, inside, unlike, overlaps = [], [], [], []
    for batch in _batches(chips):
        seen, masks, face, learned = _run(decode, batch, identity)
        whole.append(_measure(face, seen))
        if perceptual.is_available() and min(seen.shape[1:3]) >= perceptual.MIN_SIDE:
            unlike.append(perceptual.lpips(face, seen))
        kept = masks.sum(axis=(1, 2, 3)) > 0
        if kept.any():
            inside.append(_measure(face[kept], seen[kept], mask=masks[kept]))
        if learned is not None:
            common, either = np.minimum(learned, masks), np.maximum(learned, masks)
            overlaps.append(common.sum(axis=(1, 2, 3)) / either.sum(axis=(1, 2, 3)))
    return Reconstruction(
        chips=len(chips[0]),
        view=_quality(whole),
        face=_quality(inside) if inside else None,
        lpips=float(np.concatenate(unlike).mean()) if unlike else None,
        mask_overlap=float(np.concatenate(overlaps).mean()) if overlaps else None,
    )


def _measure(
    pred: Float[np.ndarray, "n h w 3"],
    target: Float[np.ndarray, "n h w 3"],
    *,
    mask: Float[np.ndarray, "n h w 1"] | None = None,
) -> Float[np.ndarray, "3 n"]:
    figures = (image_quality.l1, image_quality.ssim, image_quality.psnr)
    return np.stack([figure(pred, target, mask=mask) for figure in figures])


def _quality(measured: Sequence[np.ndarray]) -> Quality:
    l1, ssim, psnr = np.concatenate(measured, axis=1).mean(axis=1)
    return Quality(l1=float(l1), ssim=float(ssim), psnr=float(psnr))


def _pictures(
    decode: Any, chips: ChipsAndRegions, identities: Sequence[str], name: str
) -> ChipPictures:
    """Chips evenly over the validation part, by every decoder."""
    count = len(chips[0])
    shown = sorted({int(i) for i in np.linspace(0, count - 1, min(count, NUM_PICTURES))})
    some = (chips[0][shown], chips[1][shown])
    results = {other: _run(decode, some, index) for index, other in enumerate(identities)}
    seen, _, _, mask = results[name]
    return ChipPictures(
        inputs_u8=images.to_u8(seen),
        outputs_u8={other: images.to_u8(face) for other, (_, _, face, _) in results.items()},
        masks_u8=None if mask is None else images.to_u8(mask),
    )
