"""A tiny run through the real store, and short clips cut from the embedded footage."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap import config, footage
from jaxswap.evaluation import (
    agreement,
    candidate,
    clip,
    clip_results,
    expression,
    measured_face,
    series,
)
from jaxswap.vision import alignment, chips, finding, masks

NUM_FRAMES = 14
CHIP_SIZE = 64

Edit = Callable[[np.ndarray], np.ndarray]


def write_video(path: Path, frames_u8: Sequence[np.ndarray]) -> Path:
    """Without loss, 25 fps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264rgb", rate=25, options={"qp": "0", "preset": "ultrafast"}
        )
        stream.pix_fmt = "rgb24"
        stream.height, stream.width = frames_u8[0].shape[:2]
        for index, frame_u8 in enumerate(frames_u8):
            frame = av.VideoFrame.from_ndarray(frame_u8, format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def frames_u8(demo_clips) -> list[np.ndarray]:
    """A second of one person who speaks."""
    reader = footage.FrameReader(demo_clips["a_test"])
    return [frame.image_u8 for frame in itertools.islice(reader, NUM_FRAMES)]


@pytest.fixture(scope="session")
def landmarks(frames_u8) -> list[np.ndarray]:
    """The face of each of `frames_u8`."""
    finder = finding.FaceFinder(config.FacesConfig())
    frames = [
        footage.Frame(index=index, time_s=index / 25, image_u8=frame_u8)
        for index, frame_u8 in enumerate(frames_u8)
    ]
    return [faces[0].landmarks_468 for faces in finder.find(frames)]


@pytest.fixture(scope="session")
def before(tmp_path_factory, frames_u8) -> Path:
    return write_video(tmp_path_factory.mktemp("clips") / "before.mp4", frames_u8)


@pytest.fixture(scope="session")
def write_clip() -> Callable[[Path, Sequence[np.ndarray]], Path]:
    return write_video


@pytest.fixture
def edited(tmp_path, frames_u8) -> Callable[..., Path]:
    """The clip of `before` with a function applied to each of its first frames."""

    def edit(change: Edit, *, frames: int = NUM_FRAMES) -> Path:
        return write_video(tmp_path / "after.mp4", [change(f) for f in frames_u8[:frames]])

    return edit


@pytest.fixture(scope="session")
def validation(frames_u8, landmarks) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Chips and regions of two identities; the second is the first in other colours."""
    images_u8, regions_u8 = [], []
    for frame_u8, points in zip(frames_u8, landmarks, strict=True):
        chip_from_frame = alignment.chip_from_frame(points, chip_size=CHIP_SIZE)
        images_u8.append(chips.cut_chip(frame_u8, chip_from_frame, CHIP_SIZE))
        in_chip = points @ chip_from_frame[:, :2].T + chip_from_frame[:, 2]
        regions_u8.append(masks.regions(in_chip, size=CHIP_SIZE))
    a = np.stack(images_u8)
    return {
        "a": (a, np.stack(regions_u8)),
        "b": (np.ascontiguousarray(a[:6, ..., ::-1]), np.stack(regions_u8[:6])),
    }


def _candidate_results(rows: series.Series, **changes) -> clip_results.CandidateResults:
    regions = {"all": 0.02, "eyes": 0.01, "mouth": 0.03, "jaw": 0.04}
    course = agreement.Agreement(raw=0.5, error=0.25, correlation=0.75)
    values = {
        "file": "x.mp4",
        "frames": len(rows),
        "by_time": False,
        "rows": rows,
        "expression": expression.LandmarkErrors(
            frames=len(rows), error=regions, raw=regions, shape=0.01, pose=0.01
        ),
        "courses": dict.fromkeys((*measured_face.ANGLES, *measured_face.TRAITS), course),
        "identities": None,
    }
    return clip_results.CandidateResults(**values | changes)


@pytest.fixture
def make_results() -> Callable[..., clip_results.ClipResults]:
    """Results of 20 frames without any video: every figure of frame n is n / 100.

    Takes fields of the candidates' results by the candidates' names, and its own by `about`.
    """

    def make(about: dict | None = None, **candidates: dict) -> clip_results.ClipResults:
        footage_rows = series.Series(clip.COLUMNS)
        rows = series.Series(candidate.COLUMNS)
        for index in range(20):
            of_footage = dict.fromkeys(clip.COLUMNS, index / 100)
            footage_rows.append(**of_footage | {"frame": index, "time_s": index / 10, "found": 1})
            of_candidate = dict.fromkeys(candidate.COLUMNS, index / 100)
            rows.append(**of_candidate | {"paired": 1, "found": 1, "swapped": 1})
        values = {
            "file": "footage.mp4",
            "swap": clip_results.SwappedIdentities(from_identity="a", to_identity="b"),
            "rows": footage_rows,
            "candidates": {
                name: _candidate_results(changes.pop("rows", rows), **changes)
                for name, changes in candidates.items()
            },
            "identities": None,
            "no_identities": "It was not asked for.",
            "notices": (),
            "pictures": [],
        }
        return clip_results.ClipResults(**values | (about or {}))

    return make
