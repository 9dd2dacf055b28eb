"""Augmentation beside OpenCV: images a CPU second, and how far the pictures differ.

For one chip either makes what training needs of it: the warped picture and its target, and the
regions (face, eyes, mouth) of both, float32 in [0, 1], as large as the view, from 256 px chips and
from chips as training stores them.

    jaxswap      `recipe.augment`, compiled: filter, one gather, drawing included
    opencv       chip by chip: INTER_AREA to the view's density, the similarity folded into the
                 warp's map, remap; drawing not included; on one thread
    opencv all   the same with all of OpenCV's threads

Both show the same places: OpenCV's maps are made of the grids that `recipe.random_grids` drew.
"apart" is the mean absolute difference of the pictures, of 255 levels. Works alternate in processes
of their own, and "images/CPU s" counts the processor time of all threads.

    python -m benchmarks augment [--faceset FACESET] [--rounds 10]

Without a faceset, chips are cut out of the middle of an embedded clip.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measuring, workers

CASES = ((64, 256), (64, 128), (64, 112), (64, 96), (128, 256), (128, 216))
"""Sides of the view and of the chips."""

IDENTITIES = 2

LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""As `jaxswap train` has them: at small pages, most of a large batch's time is the kernel's."""


def chips(faceset_dir: str | None, *, side: int, count: int) -> np.ndarray:
    """`[count, 2 pictures, side, side, 3]`: chips and regions, uint8; repeated if there are few."""
    from jaxswap import images

    pairs = _of_clip(count) if faceset_dir is None else _of_faceset(Path(faceset_dir), count)
    found = [[images.resize_u8(picture, side) for picture in pair] for pair in pairs]
    return np.stack([found[index % len(found)] for index in range(count)])


def _of_clip(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from jaxswap import footage

    clip = resources.files("jaxswap.demo") / "assets" / "a_test.mp4"
    found = []
    for frame in itertools.islice(footage.FrameReader(Path(str(clip))), count):
        height, width = frame.image_u8.shape[:2]
        chip = np.ascontiguousarray(frame.image_u8[:, (width - height) // 2 :][:, :height])
        found.append((chip, (chip > 127).astype(np.uint8) * 255))
    return found


def _of_faceset(folder: Path, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from jaxswap.vision import faceset

    faces = faceset.Faceset.open(folder)
    some = faces.records[:: max(1, len(faces.records) // count)][:count]
    return [(faces.chip_u8(one), faces.regions_u8(one, size=faces.chip_size)) for one in some]


def jaxswap_work(
    *, faceset: str | None, size: int, side: int, batch_size: int
) -> Callable[[], Any]:
    """Our augmentation of one batch."""
    import jax

    from jaxswap import config
    from jaxswap.augmentation import recipe

    pairs = chips(faceset, side=side, count=batch_size * IDENTITIES)
    shape = (batch_size, IDENTITIES, side, side, 3)
    images_u8, regions_u8 = (
        jax.device_put(np.ascontiguousarray(pairs[:, part]).reshape(shape)) for part in (0, 1)
    )
    augment = jax.jit(
        functools.partial(recipe.augment, size=size, augmentation=config.AugmentationConfig())
    )
    key = jax.random.key(0)

    def work() -> Any:
        return jax.block_until_ready(augment(key, images_u8, regions_u8))

    return work


def opencv_work(
    *, faceset: str | None, size: int, side: int, batch_size: int, threads: int
) -> Callable[[], Any]:
    """The same of one batch with OpenCV, at the places that our grids show."""
    import cv2
    import jax

    from jaxswap import config
    from jaxswap.augmentation import recipe

    if threads:
        cv2.setNumThreads(threads)
    augmentation = config.AugmentationConfig()
    pairs = chips(faceset, side=side, count=batch_size * IDENTITIES)
    grids = [
        np.stack([np.real(grid), np.imag(grid)], axis=-1)
        for grid in recipe.random_grids(
            jax.random.key(0), count=(batch_size, IDENTITIES), augmentation=augmentation
        )
    ]
    dense = min(side, round(size / augmentation.coverage))
    large, cut = 5 * size // 4, size // 8

    def read(pictures: Sequence[np.ndarray], grid: np.ndarray) -> list[np.ndarray]:
        corners = (dense * (grid + 0.5) - 0.5).astype(np.float32)
        places = cv2.resize(corners, (large, large))[cut : cut + size, cut : cut + size]
        return [
            cv2.remap(
                picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            ).astype(np.float32)
            / 255
            for picture in pictures
        ]

    def work() -> list[np.ndarray]:
        found = []
        for index, pair in enumerate(pairs):
            if dense < side:
                area = cv2.INTER_AREA
                pair = [cv2.resize(part, (dense, dense), interpolation=area) for part in pair]
            found.append([part for grid in grids for part in read(pair, grid[index])])
        return [np.stack(part) for part in zip(*found, strict=True)]

    return work


def apart(settings: dict[str, Any]) -> float:
    """Mean absolute difference of the pictures' images, of 255 levels."""
    ours = jaxswap_work(**settings)()
    theirs = opencv_work(**settings, threads=1)()
    differences = [
        np.abs(np.asarray(ours[part]).reshape(theirs[part].shape) - theirs[part]).mean()
        for part in (0, 2)  # of warped and target; the regions' edges say little
    ]
    return float(255 * np.mean(differences))


def measure(settings: dict[str, Any], *, rounds: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """One row of the table, and its samples."""
    works = {
        "jaxswap": ("benchmarks.augment:jaxswap_work", settings),
        "opencv": ("benchmarks.augment:opencv_work", settings | {"threads": 1}),
        "opencv all": ("benchmarks.augment:opencv_work", settings | {"threads": 0}),
    }
    started = {
        name: workers.Worker(function, env=LARGE_PAGES, **given)
        for name, (function, given) in works.items()
    }
    try:
        samples = workers.interleaved(started, rounds=rounds)
    finally:
        for worker in started.values():
            worker.close()
    count = settings["batch_size"] * IDENTITIES
    row: dict[str, Any] = {"view": settings["size"], "chip": settings["side"]}
    for name, taken in samples.items():
        row[f"{name} images/CPU s"] = measuring.spread([count / one.cpu_s for one in taken])
    row["CPU s, ours/opencv"] = measuring.ratios(
        samples["jaxswap"], samples["opencv"], field="cpu_s"
    )
    row["apart"] = apart(settings)
    return row, samples


def main(argv: list[str]) -> None:
    """Measure, print a table, write JSON."""
    parser = measuring.parser(__doc__, "augment")
    parser.add_argument("--faceset", type=Path, help="take its chips")
    parser.add_argument("--batch-size", type=int, default=64, help=f"of {IDENTITIES} chips each")
    options = parser.parse_args(argv)
    rows, samples = [], {}
    for size, side in CASES:
        settings = {
            "faceset": None if options.faceset is None else str(options.faceset),
            "size": size,
            "side": side,
            "batch_size": options.batch_size,
        }
        row, samples[f"{size} from {side}"] = measure(settings, rounds=options.rounds)
        rows.append(row)
    measuring.show(rows)
    measuring.write(options.out, options=options, rows=rows, samples=samples)
