"""How much steadier faces are for being steadied, and whether they go on moving as heads do.

Works on the embedded clips, or on footage of one's own with one person in it:

    python -m benchmarks steady [--footage CLIP ...] [--frames 150]

Rows are where the largest face is (along the image's rows and columns, in thousandths of the chip's
side), how large it is (of a share) and how turned (of a radian).

    jitter         mean second difference from frame to frame, which a shaking camera has, too
    swim           root mean square of how it differs from the optical flow of the skin between brow
                   and nose, that is, of how a chip moves on the face; what is slower than SLOW_S,
                   in which flow drifts and heads turn, is left out
    swim, all      swim if place were smoothed as size and angle are: where a face is found better
                   than it shakes, more than before

Flow has noise, too, which is in each swim alike. By Lucas and Kanade's pyramids, Bouguet 2001, with
OpenCV.
"""

import itertools
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import measuring
from jaxswap import config, footage, geometry
from jaxswap.vision import alignment, finding, smoothing, steadying

SLOW_S = 0.16
EDGE = 8  # frames at both ends that have no whole window
UPPER = 0.62  # share of the face's height that moves as one, from the top
MAX_RETURN_PX = 0.5  # how far flow forth and back may end from where it began
NAMES = ("x", "y", "size", "angle")


def place(points: np.ndarray) -> np.ndarray:
    """x, y, log of the side, and angle of the chip that these points have."""
    matrix = geometry.invert(alignment.chip_from_frame(points, chip_size=1))
    angle = np.arctan2(matrix[1, 0], matrix[0, 0])
    return np.array([*matrix[:, 2], np.log(geometry.scale_of(matrix)), angle])


def flow(before: np.ndarray, after: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What place changes by from one grey frame to the next, as the skin's pixels say."""
    low, high = points[:, 1].min(), points[:, 1].max()
    upper = points[points[:, 1] < low + UPPER * (high - low)].astype(np.int32)
    mask = cv2.fillConvexPoly(np.zeros_like(before), cv2.convexHull(upper), 255)
    corners = cv2.goodFeaturesToTrack(before, 200, 0.005, 4, mask=mask)
    options = {"winSize": (21, 21), "criteria": (3, 40, 0.001)}
    forth, there, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, None, **options)
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, forth, None, **options)
    returned = np.linalg.norm((back - corners)[:, 0], axis=1) < MAX_RETURN_PX
    kept = returned & (there[:, 0] == 1) & (again[:, 0] == 1)
    matrix, _ = cv2.estimateAffinePartial2D(
        corners[kept], forth[kept], method=cv2.RANSAC, ransacReprojThreshold=1.0
    )
    centre = place(points)[:2]
    shift = geometry.apply(matrix, centre) - centre
    turn = np.arctan2(matrix[1, 0], matrix[0, 0])
    return np.array([*shift, np.log(geometry.scale_of(matrix)), turn])


def measure(clip: Path, *, num_frames: int) -> list[dict[str, Any]]:
    """The rows of one clip; a face must be in each of its frames."""
    finder = finding.FaceFinder(config.FacesConfig())
    frames = itertools.islice(footage.FrameReader(clip), num_frames)
    times, places, steps = [], [], []
    steadied = []
    last: tuple[np.ndarray, np.ndarray] | None = None

    def found() -> Iterator[finding.FrameFaces]:
        nonlocal last
        for frame, faces in finder.find_all(frames, follow=True):
            points = _largest(faces)
            grey = cv2.cvtColor(frame.image_u8, cv2.COLOR_RGB2GRAY)
            steps.append(np.zeros(4) if last is None else flow(last[0], grey, last[1]))
            times.append(frame.time_s)
            places.append(place(points))
            last = grey, points
            yield frame, faces

    gap_s = config.FacesConfig().max_gap_s
    for _, faces in steadying.steady(found(), finder=finder, max_gap_s=gap_s):
        steadied.append(place(_largest(faces)))
    rows = _rows(*map(np.array, (times, places, steadied)), np.cumsum(steps, axis=0))
    return [{"clip": clip.stem} | row for row in rows]


def _rows(
    times: np.ndarray, before: np.ndarray, after: np.ndarray, skin: np.ndarray
) -> list[dict[str, Any]]:
    side = np.exp(before[:, 2].mean())
    unit = 1000 / np.array([side, side, 1, 1])
    windows, filters = (
        np.stack([smoothing.weights(times, at, sigma_s=sigma_s) for at in times])
        for sigma_s in (SLOW_S, steadying.SIGMA_S)
    )

    def jitter(places: np.ndarray) -> np.ndarray:
        return unit * np.abs(np.diff(places, n=2, axis=0)).mean(axis=0)

    def swim(places: np.ndarray) -> np.ndarray:
        error = unit * (places - skin)
        return np.sqrt(((error - windows @ error)[EDGE:-EDGE] ** 2).mean(axis=0))

    columns = {
        "jitter before": jitter(before),
        "jitter after": jitter(after),
        "swim before": swim(before),
        "swim after": swim(after),
        "swim, all": swim(filters @ before),
    }
    return [
        {"of": name} | {column: float(values[i]) for column, values in columns.items()}
        for i, name in enumerate(NAMES)
    ]


def _largest(faces: Sequence[finding.Face]) -> np.ndarray:
    if not faces:
        raise SystemExit("A frame has no face. Take a clip, or so many frames, with one in each.")
    return max(faces, key=lambda face: face.detection.size).landmarks_468


def main(argv: Sequence[str]) -> None:
    """Measure each clip, print the table, write JSON."""
    parser = measuring.parser(__doc__, "steady", sampled=False)
    parser.add_argument("--footage", type=Path, nargs="*", default=[], help="clips of one person")
    parser.add_argument("--frames", type=int, default=150, help="frames of each, at most")
    options = parser.parse_args(argv)
    assets = Path(str(resources.files("jaxswap.demo"))) / "assets"
    clips = options.footage or [assets / "a_test.mp4", assets / "b_test.mp4"]
    rows = [row for clip in clips for row in measure(clip, num_frames=options.frames)]
    measuring.show(rows)
    options.footage = [clip.stem for clip in clips]
    measuring.write(options.out, options=options, rows=rows)
