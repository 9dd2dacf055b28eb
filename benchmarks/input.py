"""What the host's part of training costs: building a dataset, decoding its chips, making batches.

    python benchmarks/loader.py a=FACESET b=FACESET --chip-size 96 --out loader.json

CPU time is of the whole process, in the best of several rounds: it is steadier than wall time.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from jaxswap import config, images
from jaxswap.faces import faceset
from pipelines import dataset, face_chips, loader

ROUNDS = 5


def cpu_ms(work: Callable[[], object]) -> float:
    """Milliseconds of CPU of one call, the best of `ROUNDS`."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return 1000 * min(found)


def formats(faces: faceset.Faceset, *, size: int) -> dict[str, dict[str, float]]:
    """Bytes, time and loss of the ways to store a chip."""
    some = faces.records[:: max(1, len(faces.records) // 32)][:32]
    chips = [images.resize_u8(faces.chip_u8(record), size) for record in some]
    regions = [faces.regions_u8(record, size=size) for record in some]
    ways = {
        "PNG": (images.encode_png, chips),
        "JPEG": (lambda x: images.encode_jpeg(x, quality=face_chips.JPEG_QUALITY), chips),
        "regions (PNG)": (images.encode_png, regions),
    }
    return {name: _format(encode, pictures) for name, (encode, pictures) in ways.items()}


def _format(encode: Callable, pictures: list[np.ndarray]) -> dict[str, float]:
    encoded = [encode(picture) for picture in pictures]
    decoded = [images.decode_u8(data) for data in encoded]
    error = np.mean((np.stack(decoded).astype(float) - np.stack(pictures)) ** 2)
    count = len(pictures)
    return {
        "bytes": sum(map(len, encoded)) / count,
        "encode_ms": cpu_ms(lambda: [encode(picture) for picture in pictures]) / count,
        "decode_ms": cpu_ms(lambda: [images.decode_u8(data) for data in encoded]) / count,
        "psnr_db": float(10 * np.log10(255**2 / error)) if error else float("inf"),
    }


def batches(built: dataset.Dataset, data: config.DataConfig, *, batch_size: int) -> float:
    """Milliseconds of CPU of one batch, once the cache holds what it can."""
    found = loader.Loader(built, built.identities, data=data, batch_size=batch_size, seed=0)
    epoch = max(counts["train"] for counts in built.counts.values()) // batch_size + 1
    for _ in range(epoch + data.prefetch):
        next(found)
    result = cpu_ms(lambda: [next(found) for _ in range(50)]) / 50
    found.close()
    return result


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faceset", nargs="+", metavar="NAME=FACESET")
    parser.add_argument("--chip-size", type=int, default=96)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    paths = {name: Path(path) for name, path in (value.split("=", 1) for value in options.faceset)}
    data = config.DataConfig(chip_size=options.chip_size)
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.monotonic(), time.process_time()
        built = dataset.build(paths, Path(folder) / "data", data=data)
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        total = sum(sum(counts.values()) for counts in built.counts.values())
        chips = built.source(built.identities[0], "train")
        taken = range(min(200, len(chips)))
        uncached = config.DataConfig(chip_size=options.chip_size, cache_mb=0)
        figures = {
            "chip_size": options.chip_size,
            "chips": total,
            "bytes_per_chip": built.info()["bytes"] / total,
            "build_chips_per_s": total / wall,
            "build_chips_per_cpu_s": total / cpu,
            "read_chips_per_cpu_s": 1000 * len(taken) / cpu_ms(lambda: [chips[i] for i in taken]),
            "batch_of": options.batch_size * len(built.identities),
            "batch_cpu_ms": batches(built, data, batch_size=options.batch_size),
            "batch_uncached_cpu_ms": batches(built, uncached, batch_size=options.batch_size),
            "formats": formats(
                faceset.Faceset.open(next(iter(paths.values()))), size=options.chip_size
            ),
        }
    for name, value in figures.items():
        if name != "formats":
            print(f"{name:24} {value:,.2f}" if isinstance(value, float) else f"{name:24} {value:,}")
    print(f"{'format':16} {'bytes':>8} {'encode ms':>10} {'decode ms':>10} {'PSNR dB':>8}")
    for name, row in figures["formats"].items():
        print(f"{name:16} {row['bytes']:8,.0f} {row['encode_ms']:10.3f} ", end="")
        print(f"{row['decode_ms']:10.3f} {row['psnr_db']:8.1f}")
    if options.out:
        options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
