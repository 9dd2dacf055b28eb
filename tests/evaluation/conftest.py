"""A tiny run through the real store, and short clips cut from the embedded footage."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import jax
import numpy as np
import pytest

from jaxswap import checkpoints, config, footage, runs
from jaxswap.models import building
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


@pytest.fixture(scope="session")
def make_run(tmp_path_factory) -> Callable[..., runs.Run]:
    """A run folder with one checkpoint of random parameters."""

    def make(**model: object) -> runs.Run:
        settings = config.Config(
            model=config.SharedInter(
                image_size=16,
                encoder=config.ConvEncoder(features=(8, 8)),
                inter=config.DenseInter(bottleneck=8, features=8, upscale=8),
                decoder=config.Decoder(features=(8,)),
                **model,
            )
        )
        names = ("a", "b")
        run = runs.Run(
            path=tmp_path_factory.mktemp("run"),
            config=settings,
            identities=names,
            manifest={"identities": [{"name": name} for name in names]},
        )
        run.write()
        with checkpoints.Store(run.checkpoints_dir, keep=1) as store:
            net = building.build(settings.model)
            init = jax.jit(lambda key: net.init(key, identities=names))
            params = init(jax.random.key(0))
            store.save(7, {"params": params}, position={"batches": 7}, manifest=run.manifest)
        return runs.Run.open(run.path)

    return make
