"""What is measured: presets on an accelerator, something tiny on a processor."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from benchmarks import measuring
from benchmarks._accelerator import timing
from jaxswap import config, presets

DIFFERENT = 8
"""Batches of chips, which come again and again, so that there is something to learn."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """A configuration whose step and swap are measured.

    Attributes:
        name: of a preset, or of `OWN`.
        torch: whether PyTorch's model has all of its layers but heads: then the two are compared.
    """

    name: str
    torch: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured.

    Attributes:
        measured: whose steps and swaps.
        agreement: whose step is held against the CPU, and its batch.
        batch_sizes: of each identity in a step, the most important first.
        dtypes: of the computation in a step, likewise.
        torch: PyTorch's variants, the quickest to begin first.
        same: batch of the runs that must have the same bits.
        swap_batches: faces in one call of the model.
        faces_px: heights of the faces that are blended.
        poisson_batches: faces in one call of the solver.
        pace: how long each is measured.
        at_once: programs that are compiled at the same time, at most.
    """

    measured: tuple[Measured, ...]
    agreement: tuple[str, int]
    batch_sizes: tuple[int, ...]
    dtypes: tuple[str, ...]
    torch: tuple[str, ...]
    same: int
    swap_batches: tuple[int, ...]
    faces_px: tuple[int, ...]
    poisson_batches: tuple[int, ...]
    pace: timing.Pace
    at_once: int


FULL = Size(
    measured=(
        Measured("original-2017", torch=True),
        Measured("quick"),
    ),
    agreement=("quick", 8),
    batch_sizes=(64, 256, 16),
    dtypes=("bfloat16", "float32"),
    torch=("eager-nhwc", "compiled-nhwc"),
    same=64,
    swap_batches=(64, 1, 256, 16),
    faces_px=(400, 200, 800),
    poisson_batches=(1, 16),
    pace=timing.Pace(repeats=7, least_s=0.25),
    at_once=4,
)
SMALL = Size(
    measured=(Measured("tiny", torch=True),),
    agreement=("tiny", 2),
    batch_sizes=(2,),
    dtypes=("float32",),
    torch=("eager-nhwc",),
    same=2,
    swap_batches=(4, 1),
    faces_px=(100,),
    poisson_batches=(1,),
    pace=timing.Pace(repeats=3, least_s=0.0),
    at_once=1,
)

TINY = config.Config(
    data=config.DataConfig(chip_size=32),
    model=config.SharedInter(
        image_size=16,
        encoder=config.ConvEncoder(features=(16, 32)),
        inter=config.DenseInter(bottleneck=32, features=16, upscale=32),
        decoder=config.Decoder(features=(32,)),  # the smallest layer that Winograd's is taken for
    ),
)
OWN = {"tiny": TINY}
"""For the small size, since a processor compiles a preset for up to half a minute."""


def choose(name: str, *, batch_size: int, dtype: str | None = None) -> config.Config:
    """A configuration with another batch and type."""
    chosen = presets.PRESETS.get(name) or OWN[name]
    train = dataclasses.replace(chosen.train, batch_size=batch_size)
    model = chosen.model if dtype is None else dataclasses.replace(chosen.model, dtype=dtype)
    return dataclasses.replace(chosen, train=train, model=model)


def chips(chosen: config.Config, *, number: int) -> Mapping[str, UInt8[np.ndarray, "b i h w 3"]]:
    """A batch of random chips in blocks of 8 pixels, with round regions; a function of `number`."""
    side = chosen.data.chip_size
    shape = (chosen.train.batch_size, len(measuring.names(2)), -(-side // 8), -(-side // 8), 3)
    rng = np.random.default_rng(number % DIFFERENT)
    images = rng.integers(0, 256, shape, dtype=np.uint8).repeat(8, axis=2).repeat(8, axis=3)
    images = np.ascontiguousarray(images[:, :, :side, :side])
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    radii = np.array([0.4, 0.1, 0.15]) * side  # the face, and inside it eyes and mouth
    inside = np.hypot(x, y)[..., None] < radii
    regions = np.broadcast_to(np.where(inside, np.uint8(255), np.uint8(0)), images.shape)
    return {"image": images, "regions": np.ascontiguousarray(regions)}
