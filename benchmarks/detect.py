"""Time to find the faces of a frame, beside the mtcnn package on TensorFlow, whose faces it finds.

Works on 41 frames of an embedded clip, as they are and scaled to 1280x720:

    package        mtcnn 1.0.0 at its smallest face of 20 px, every fifth frame
    detect 20 px   our detector at the same smallest face, the same frames
    detect         our detector as it is by default, the same frames
    each frame     detection and dense landmarks on every frame
    followed       detection on key frames, dense landmarks on every frame: what `convert` does

"same" is how many of the package's faces a work found at an overlap of 0.5 or more, and the median
overlap of those. The package needs an environment with the extra `mtcnn-tf`; name its interpreter
if it is another one than this, or leave the package out:

    python -m benchmarks detect [--package /path/to/python | --package none] [--rounds 10]
"""

import importlib.metadata
import importlib.util
import itertools
import statistics
import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks import measuring, workers

NUM_FRAMES = 41
EVERY = 5  # of those, the frames on which detectors alone are timed
SIZES = ("384x288", "1280x720")
WORKS = {
    "package": {"detector": "mtcnn-tf", "min_face_px": 20},
    "detect 20 px": {"min_face_px": 20},
    "detect": {},
    "each frame": {"detect_every": 1},
    "followed": {},
}
DETECTORS = ("package", "detect 20 px", "detect")


class Work:
    """One way to find the faces of the frames, done once by a call.

    Attributes:
        facts: how many frames it works on, the boxes found in every fifth of all, versions.
    """

    def __init__(self, work: Callable[[], dict[int, list[Any]]], num_frames: int):
        self._work = work
        boxes = {
            index: [face.box.tolist() for face in faces]
            for index, faces in work().items()
            if index % EVERY == 0
        }
        self.facts = {"frames": num_frames, "boxes": boxes, "versions": _versions()}

    def __call__(self) -> None:
        self._work()


def prepare(name: str, size: str) -> Work:
    """The work of that name on frames of that size; runs in a process of its own."""
    from jaxswap import config
    from jaxswap.vision import detection, detectors, finding

    frames = clip_frames(size)
    faces = config.FacesConfig(**WORKS[name])
    if name in DETECTORS:
        detector = detectors.make(faces)
        some = frames[::EVERY]

        def detect() -> dict[int, list[detection.Detection]]:
            found = detector.detect([frame.image_u8 for frame in some])
            return {frame.index: one for frame, one in zip(some, found, strict=True)}

        return Work(detect, len(some))
    finder = finding.FaceFinder(faces)

    def find() -> dict[int, list[detection.Detection]]:
        found = finder.find_all(frames, follow=True)
        return {frame.index: [face.detection for face in one] for frame, one in found}

    return Work(find, len(frames))


def clip_frames(size: str) -> list[Any]:
    """Frames of the embedded clip a_test; for 1280x720 scaled, with mirrored edges at the sides."""
    import dataclasses

    import av
    import numpy as np

    from jaxswap import footage

    path = Path(str(resources.files("jaxswap.demo") / "assets" / "a_test.mp4"))
    frames = list(itertools.islice(footage.FrameReader(path), NUM_FRAMES))
    if size == SIZES[0]:
        return frames
    larger = []
    for frame in frames:
        scaled = av.VideoFrame.from_ndarray(frame.image_u8, "rgb24").reformat(960, 720)
        image_u8 = np.pad(scaled.to_ndarray(), ((0, 0), (160, 160), (0, 0)), mode="reflect")
        larger.append(dataclasses.replace(frame, image_u8=image_u8))
    return larger


def _versions() -> dict[str, str]:
    found = {}
    for package in ("tensorflow", "mtcnn", "jax", "ai-edge-litert", "opencv-python-headless"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def same(found: dict[str, list], expected: dict[str, list]) -> str:
    """How many of the expected boxes were found, and the median overlap of those."""
    best = [
        max((overlap(box, other) for other in found[index]), default=0.0)
        for index, boxes in expected.items()
        for box in boxes
    ]
    hits = [value for value in best if value >= 0.5]
    median = statistics.median(hits) if hits else 0.0
    return f"{len(hits)} of {len(best)}, {median:.3f}"


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0.0) * max(height, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return common / (sum(areas) - common)


def measure(size: str, *, package: str | None, rounds: int) -> tuple[list[dict], dict]:
    """The rows of one size, and every sample with what the works say of themselves."""
    names = [name for name in WORKS if name != "package" or package]
    started = {
        name: workers.Worker(
            "benchmarks.detect:prepare",
            python=package if name == "package" else None,
            name=name,
            size=size,
        )
        for name in names
    }
    samples = workers.interleaved(started, rounds=rounds)
    facts = {name: worker.prepared["facts"] for name, worker in started.items()}
    per_frame = {
        name: [
            measuring.Sample(*(seconds / facts[name]["frames"] for seconds in one)) for one in taken
        ]
        for name, taken in samples.items()
    }
    reference = "package" if package else "detect 20 px"
    rows = [
        {
            "size": size,
            "work": name,
            "CPU ms": measuring.spread([1e3 * one.cpu_s for one in per_frame[name]]),
            "wall ms": measuring.spread([1e3 * one.wall_s for one in per_frame[name]]),
            f"{reference} / this, CPU": measuring.ratios(
                per_frame[reference], per_frame[name], field="cpu_s"
            ),
            "same": same(facts[name]["boxes"], facts[reference]["boxes"]),
            "peak MiB": started[name].peak_mib,
        }
        for name in names
    ]
    for worker in started.values():
        worker.close()
    return rows, {"seconds_per_frame": per_frame, "facts": facts}


def main(argv: Sequence[str]) -> None:
    """Measure, print the table, write the JSON."""
    parser = measuring.parser(__doc__, "detect")
    here = sys.executable if importlib.util.find_spec("tensorflow") else "none"
    parser.add_argument(
        "--package",
        type=Path,
        default=Path(here),
        help="interpreter with the mtcnn package on TensorFlow, or none",
    )
    options = parser.parse_args(argv)
    package = None if str(options.package) == "none" else str(options.package)
    rows, samples = [], {}
    for size in SIZES:
        more, samples[size] = measure(size, package=package, rounds=options.rounds)
        rows += more
    measuring.show(rows)
    measuring.write(options.out, options=options, rows=rows, samples=samples)
