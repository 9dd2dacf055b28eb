"""Time of the detector and of the dense landmarks, per frame; with --package also mtcnn's own.

Frames are those of an embedded clip, as they are and doubled inside of 1280x720. Prints a table
and writes JSON. CPU seconds count all threads and are steadier than wall time on a loaded machine.

    python benchmarks/detection.py [--package] [--out detection.json]
"""

import argparse
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxswap import config, files, footage, types
from jaxswap.faces import detection, landmarks

NUM_FRAMES = 8  # one batch


def clip_frames() -> list[types.ImageU8]:
    """Frames of the embedded clip, 384x288."""
    path = Path(str(resources.files("jaxswap.demo") / "assets" / "a_test.mp4"))
    frames = [frame.image_u8 for frame in footage.FrameReader(path, every=15)]
    return frames[:NUM_FRAMES]


def to_720p(frame_u8: types.ImageU8) -> types.ImageU8:
    """The frame with its pixels doubled, in the middle of 1280x720."""
    doubled = frame_u8.repeat(2, axis=0).repeat(2, axis=1)
    return np.pad(doubled, ((72, 72), (256, 256), (0, 0)))


def measure(work: Callable[[], Any], *, frames: int, rounds: int = 5) -> dict[str, float]:
    """Milliseconds per frame: the first call, and the best of the following rounds."""
    start = time.perf_counter()
    work()
    first = time.perf_counter() - start
    wall, cpu = [], []
    for _ in range(rounds):
        start, start_cpu = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    per_frame = 1_000 / frames
    return {
        "first_call_s": round(first, 3),
        "wall_ms": round(min(wall) * per_frame, 2),
        "cpu_ms": round(min(cpu) * per_frame, 2),
    }


def rows(*, package: bool) -> list[dict[str, Any]]:
    """What was measured, a row each."""
    small = clip_frames()
    sizes = {"384x288": small, "1280x720": [to_720p(frame) for frame in small]}
    settings = [("mtcnn", px) for px in (20, 40, 80)] + [("mtcnn-tf", 20)] * package
    found = []
    for size, frames in sizes.items():
        for name, min_face_px in settings:
            jax.clear_caches()  # else the first call of the next row compiles nothing
            detector = detection.make_detector(
                config.FacesConfig(detector=name, min_face_px=min_face_px)
            )
            times = measure(lambda d=detector, f=frames: d.detect(f), frames=len(frames))
            faces = sum(len(one) for one in detector.detect(frames))
            found.append(
                {"what": name, "size": size, "min_face_px": min_face_px, "faces": faces, **times}
            )
        detector = detection.make_detector(config.FacesConfig())
        detections = detector.detect(frames)
        model = landmarks.LandmarkModel()
        times = measure(
            lambda m=model, f=frames, d=detections: [
                m.predict(one, faces) for one, faces in zip(f, d, strict=True)
            ],
            frames=len(frames),
        )
        faces = sum(len(one) for one in detections)
        found.append(
            {"what": "landmarks", "size": size, "min_face_px": "", "faces": faces, **times}
        )
    return found


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", action="store_true", help="measure mtcnn-tf too")
    parser.add_argument("--out", type=Path, default=Path("detection.json"))
    options = parser.parse_args()
    measured = rows(package=options.package)
    print(f"{NUM_FRAMES} frames a call, milliseconds per frame")
    print("".join(f"{name:>14}" for name in measured[0]))
    for row in measured:
        print("".join(f"{value!s:>14}" for value in row.values()))
    files.write_json(options.out, {"device": jax.devices()[0].device_kind, "rows": measured})
    print(f"Written to {options.out}")


if __name__ == "__main__":
    main()
