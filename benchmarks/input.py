"""The host's part of training: ways to store a chip, and the rate of batches beside the step's.

First, for each side of the chips, what a way to store them costs: bytes, decoding, and what it
loses (regions are masks and must not lose anything). Then batches of a dataset as `train` reads it,
drawn and put on the device, in turn:

    once       every chip is decoded for every batch (--data.cache-mb 0), on 1 and on 2 threads
    cached     chips are kept decoded, on 2 threads
    workers    every chip is decoded for every batch, in 2 processes

Last, how many chips a second the step of --preset takes on this machine, which is what the loader
must reach. Chips are of the embedded clips, extracted for this, unless facesets are named:

    python -m benchmarks input [a=FACESET b=FACESET] [--preset quick] [--rounds 10]
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from absl import logging

from benchmarks import measuring, startup
from jaxswap import config, images, presets
from jaxswap.vision import faceset
from pipelines import dataset, face_chips, loader

SIZES = (64, 96, 112, 128, 256)
PACES = {
    "once, 1 thread": {"cache_mb": 0, "num_threads": 1},
    "once, 2 threads": {"cache_mb": 0},
    "cached, 2 threads": {},
    "once, 2 workers": {"cache_mb": 0, "num_workers": 2},
}
CHIPS = 32  # of each format
BATCHES = 20  # in a sample


def formats(faces: faceset.Faceset, *, size: int, rounds: int) -> list[dict[str, Any]]:
    """Bytes, time and loss of the ways to store a chip of `size` pixels."""
    some = faces.records[:: max(1, len(faces.records) // CHIPS)][:CHIPS]
    chips = [images.resize_u8(faces.chip_u8(record), size) for record in some]
    regions = [faces.regions_u8(record, size=size) for record in some]

    def jpeg(quality: int) -> Callable[[np.ndarray], bytes]:
        return lambda picture: images.encode_jpeg(picture, quality=quality)

    def copied(data: bytes) -> np.ndarray:
        return np.frombuffer(data, np.uint8).reshape(size, size, 3).copy()

    decode = images.decode_u8
    ways = {
        "raw": (chips, lambda picture: picture.tobytes(), copied),
        "PNG": (chips, images.encode_png, decode),
        f"JPEG {face_chips.JPEG_QUALITY}": (chips, jpeg(face_chips.JPEG_QUALITY), decode),
        "JPEG 90": (chips, jpeg(90), decode),
        "regions, PNG": (regions, images.encode_png, decode),
    }
    encoded = {name: [encode(x) for x in pictures] for name, (pictures, encode, _) in ways.items()}
    works = {
        name: lambda data=encoded[name], decode=decode: [decode(one) for one in data]
        for name, (_, _, decode) in ways.items()
    }
    samples = measuring.interleaved(works, rounds=rounds)
    return [
        {
            "chip": size,
            "format": name,
            "bytes": sum(map(len, encoded[name])) / CHIPS,
            "decode us": measuring.spread([1e6 * one.cpu_s / CHIPS for one in samples[name]]),
            "PSNR dB": _psnr(np.stack(works[name]()), np.stack(pictures)),
        }
        for name, (pictures, _, _) in ways.items()
    ]


def _psnr(got: np.ndarray, expected: np.ndarray) -> float | str:
    error = np.mean((got.astype(float) - expected) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else "lossless"


@contextlib.contextmanager
def _loaders(built: dataset.Dataset, *, batch_size: int) -> Iterator[dict[str, loader.Loader]]:
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(
                contextlib.closing(
                    loader.Loader(
                        built,
                        built.identities,
                        data=config.DataConfig(chip_size=built.chip_size, **pace),
                        batch_size=batch_size,
                        seed=0,
                    )
                )
            )
            for name, pace in PACES.items()
        }


def batches(
    built: dataset.Dataset, *, batch_size: int, rounds: int
) -> tuple[list[dict[str, Any]], dict[str, list[measuring.Sample]]]:
    """Chips a second, from the dataset's files to arrays on the device, for each pace."""
    import jax

    from jaxswap.training import sharding

    mesh = sharding.make_mesh()
    epoch = max(counts["train"] for counts in built.counts.values()) // batch_size + 1

    def draw(batches: loader.Loader) -> None:
        for _ in range(BATCHES):
            jax.block_until_ready(sharding.put_batch(next(batches), mesh))

    with _loaders(built, batch_size=batch_size) as opened:
        for _ in range(epoch):
            next(opened["cached, 2 threads"])
        works = {name: lambda one=one: draw(one) for name, one in opened.items()}
        samples = measuring.interleaved(works, rounds=rounds)
    count = BATCHES * batch_size * len(built.identities)
    rows = [
        {
            "chip": built.chip_size,
            "pace": name,
            "chips/s": measuring.spread([count / one.wall_s for one in taken]),
            # The processor time of worker processes is not this process's.
            "chips/CPU s": "-"
            if "workers" in name
            else measuring.spread([count / one.cpu_s for one in taken]),
        }
        for name, taken in samples.items()
    ]
    return rows, samples


def needed(preset: str, *, rounds: int) -> dict[str, Any]:
    """Chips a second that the step of a preset takes for two identities."""
    import jax

    from jaxswap.training import sharding, state, step

    chosen = presets.PRESETS[preset]
    mesh, side = sharding.make_mesh(), chosen.data.chip_size
    shape = (chosen.train.batch_size, 2, side, side, 3)
    pixels_u8 = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    batch = sharding.put_batch({"image": pixels_u8, "regions": pixels_u8}, mesh)
    compiled = step.make_step(chosen, mesh, identities=measuring.names(2))
    held = [
        jax.jit(
            lambda: state.create(chosen, identities=measuring.names(2)),
            out_shardings=sharding.replicated(mesh),
        )()
    ]

    def work() -> None:
        held[0], values = compiled(held[0], batch)
        jax.block_until_ready(values)

    taken = measuring.interleaved({"step": work}, rounds=rounds, warmups=2)["step"]
    chips = chosen.train.batch_size * 2
    return {
        "preset": preset,
        "chips in a step": chips,
        "step ms": measuring.spread([1000 * one.wall_s for one in taken]),
        "chips/s needed": measuring.spread([chips / one.wall_s for one in taken]),
    }


def _facesets(named: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """The named ones, or those of the embedded clips, extracted below `folder`."""
    if named:
        return dict(named)
    startup.make_dataset(folder, chip_size=SIZES[0])
    return {name: folder / "faces" / name for name in ("a", "b")}


def main(argv: list[str]) -> None:
    """Measure, print tables, write JSON."""
    parser = measuring.parser(__doc__, "input")
    parser.add_argument("faceset", nargs="*", metavar="NAME=FACESET", help="whose chips")
    parser.add_argument("--preset", choices=presets.PRESETS, default="quick", help="of the step")
    options = parser.parse_args(argv)
    logging.set_verbosity(logging.ERROR)  # TFDS tells what it opens
    named = {name: Path(path) for name, path in (one.split("=", 1) for one in options.faceset)}
    batch_size = presets.PRESETS[options.preset].train.batch_size
    stored, drawn, samples = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        facesets = _facesets(named, Path(folder))
        faces = faceset.Faceset.open(next(iter(facesets.values())))
        for size in SIZES:
            stored += formats(faces, size=size, rounds=options.rounds)
            built = dataset.build(
                facesets, Path(folder) / f"{size}", data=config.DataConfig(chip_size=size)
            )
            rows, samples[str(size)] = batches(built, batch_size=batch_size, rounds=options.rounds)
            drawn += rows
    step = needed(options.preset, rounds=options.rounds)
    for table in (stored, drawn, [step]):
        measuring.show(table)
        print()
    measuring.write(
        options.out, options=options, formats=stored, batches=drawn, step=step, samples=samples
    )
