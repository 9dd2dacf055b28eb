"""CPU time of putting one face into a frame: our ways, and the two that are common.

Ours are the whole of `Paster.paste` on a video frame in YUV: colours, sharpness, alpha, warp,
blend. The common ways get a frame in RGB, for the conversion of which nothing is charged, and warp
and blend the whole of it: in float32 by alpha, or by `cv2.seamlessClone`. A second table is of the
Poisson solvers alone, one face or four in a call.

    python -m benchmarks blend [--rounds 10]
"""

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

import cv2
import numpy as np

from benchmarks import _faces, measuring
from jaxswap import config, footage, geometry, images
from jaxswap.conversion import alpha, canvas, face_views, paste
from jaxswap.conversion.blending import poisson, seamless_clone
from jaxswap.video import colorimetry, planes
from jaxswap.vision import chips

FRAME = (1920, 1080)
FACES_PX = (200, 400, 800)
"""Height of the face oval in the frame."""
OVAL = 0.8
"""The same as a share of the view."""
VIEW = 64
COVERAGE = 0.625
CALLS = 2
"""In one sample."""
BATCH = 4


def sighting(frame_u8: np.ndarray, *, face_px: int) -> face_views.FaceView:
    """A face in the middle of a frame, turned by ten degrees."""
    height, width = frame_u8.shape[:2]
    scale, angle = VIEW * OVAL / face_px, np.deg2rad(10)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = (VIEW - 1) / 2 - turn @ [width / 2, height / 2]
    view_from_frame = np.column_stack([turn, shift])
    oval_u8 = np.zeros((alpha.SIZE, alpha.SIZE), np.uint8)
    middle, axes = (alpha.SIZE // 2,) * 2, (int(0.34 * alpha.SIZE), int(OVAL / 2 * alpha.SIZE))
    cv2.ellipse(oval_u8, middle, axes, 0, 0, 360, 255, -1)
    return face_views.FaceView(
        view_from_frame=view_from_frame,
        view_u8=chips.cut_chip(frame_u8, view_from_frame, VIEW),
        oval_u8=oval_u8,
        points=np.zeros((468, 2)),
        track=0,
        identity="b",
    )


def ways(frame_u8: np.ndarray, *, face_px: int) -> dict[str, Callable[[], object]]:
    """Every way to put a face of this size into the frame."""
    height, width = frame_u8.shape[:2]
    seen = sighting(frame_u8, face_px=face_px)
    face = images.to_float(np.ascontiguousarray(seen.view_u8[:, ::-1]))
    coding = colorimetry.Coding(colorimetry.ColorTags(1, 1, 1, 1), "yuv420p", planes.DEFAULT_SITE)
    video_frame = colorimetry.frame_from_rgb(images.to_float(frame_u8), coding=coding)
    frame_from_view = geometry.invert(seen.view_from_frame)
    frame_from_alpha = geometry.compose(
        frame_from_view, geometry.invert(chips.finer(alpha.SIZE / VIEW))
    )
    mask = images.to_float(seen.oval_u8)[..., None]
    soft = alpha.soft(mask, coverage=COVERAGE, erode=0.025, feather=0.02)[..., 0]
    colors = paste.sample(seen, face, learned_mask=None)

    def ours(**options: str) -> Callable[[], object]:
        paster = paste.Paster(config.ConvertConfig(mask="oval", **options), COVERAGE)
        return lambda: paster.paste(
            canvas.YuvCanvas(video_frame, coding=coding),
            seen,
            face,
            learned_mask=None,
            colors=colors,
        )

    def warped(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC)

    def by_alpha() -> np.ndarray:
        share = warped(soft, frame_from_alpha)[..., None]
        region = images.to_float(frame_u8)
        return images.to_u8(share * warped(face, frame_from_view) + (1 - share) * region)

    def by_clone() -> np.ndarray:
        whole_u8 = images.to_u8(warped(face, frame_from_view))
        inside = np.where(warped(soft, frame_from_alpha) > 0.5, np.uint8(255), np.uint8(0))
        x, y, w, h = cv2.boundingRect(inside)
        centre = (x + w // 2, y + h // 2)
        return cv2.seamlessClone(whole_u8, frame_u8, inside, centre, cv2.NORMAL_CLONE)

    return {
        "paste": ours(blend="paste"),
        "feather": ours(blend="feather"),
        "feather, not sharpened": ours(blend="feather", sharpen="none"),
        "multiband": ours(blend="multiband"),
        "poisson": ours(blend="poisson"),
        "mixed": ours(blend="mixed"),
        "poisson, opencv": ours(blend="poisson", poisson_solver="opencv"),
        "full frame, alpha": by_alpha,
        "full frame, seamlessClone": by_clone,
    }


def solvers(frame_u8: np.ndarray, *, face_px: int) -> dict[str, Callable[[], object]]:
    """The solvers on a face of this size, mirrored: all that they do is for `BATCH` faces."""
    task = _faces.task(frame_u8, face_px=face_px)

    def one_by_one(clone: poisson.Clone) -> Callable[[], object]:
        return lambda: [clone([task], gradients="normal") for _ in range(BATCH)]

    return {
        "jax": one_by_one(poisson.clone),
        f"jax, {BATCH} in a call": lambda: poisson.clone([task] * BATCH, gradients="normal"),
        "opencv": one_by_one(seamless_clone.clone),
    }


def main(argv: Sequence[str]) -> None:
    """Print two tables, write JSON."""
    options = measuring.parser(__doc__, "blend").parse_args(argv)
    clip = Path(str(resources.files("jaxswap.demo") / "assets" / "a_test.mp4"))
    small_u8 = next(iter(footage.FrameReader(clip))).image_u8
    frame_u8 = cv2.resize(small_u8, FRAME, interpolation=cv2.INTER_CUBIC)
    tables: dict[str, list[dict[str, object]]] = {"whole": [], "solver": []}
    samples = {}
    for face_px in FACES_PX:
        for table, works, faces in (
            ("whole", ways(frame_u8, face_px=face_px), CALLS),
            ("solver", solvers(frame_u8, face_px=face_px), BATCH),
        ):
            if table == "whole":
                works = {
                    way: lambda work=work: [work() for _ in range(CALLS)]
                    for way, work in works.items()
                }
            taken = measuring.interleaved(works, rounds=options.rounds)
            samples[f"{table}, {face_px} px"] = taken
            cpu = {
                way: 1000 * measuring.spread([one.cpu_s for one in found]).median / faces
                for way, found in taken.items()
            }
            tables[table].append({"face px": face_px, **cpu})
    for table, rows in tables.items():
        print(f"CPU milliseconds a face, median: {table}")
        measuring.show(rows)
    measuring.write(options.out, options=options, cpu_ms=tables, samples=samples)
