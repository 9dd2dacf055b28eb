"""Facesets for the tests of this package, extracted once from a few seconds of the demo clips."""

import functools
import itertools
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from jaxswap import config, footage
from jaxswap.vision import extraction

NUM_FRAMES = 12


def _first_frames(clip: Path) -> list[np.ndarray]:
    frames = itertools.islice(footage.FrameReader(clip), NUM_FRAMES)
    return [frame.image_u8 for frame in frames]


@pytest.fixture(scope="session")
def couple(demo_clips, tmp_path_factory) -> Path:
    """Two people side by side: b on the left comes in with frame 4, a on the right is smaller."""
    path = tmp_path_factory.mktemp("footage") / "couple.mp4"
    b, a = (_first_frames(demo_clips[name]) for name in ("b_test", "a_test"))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 640, 288, "yuv420p"
        for index in range(NUM_FRAMES):
            both = np.full((288, 640, 3), 90, np.uint8)
            if index >= 4:
                both[:, :320] = b[index][:, 32:352]
            both[36:252, 336:624] = cv2.resize(a[index], (288, 216), interpolation=cv2.INTER_AREA)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(both, "rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def faceset_path(demo_clips, tmp_path_factory) -> Path:
    """A faceset of six chips; tests that change it take a copy."""
    out = tmp_path_factory.mktemp("facesets") / "a"
    extraction.extract(
        [demo_clips["a_test"]],
        out,
        faces=config.FacesConfig(),
        options=config.ExtractConfig(chip_size=128, every=25),
    )
    return out


@pytest.fixture(scope="session")
def picture(demo_clips, astronaut_u8) -> Callable[[str], np.ndarray]:
    """A picture with one face by name: `astronaut`, or `<clip>-<frame index>`."""

    @functools.cache
    def read(name: str) -> np.ndarray:
        if name == "astronaut":
            return astronaut_u8
        clip, index = name.split("-")
        frames = footage.FrameReader(demo_clips[clip], every=int(index))
        return next(frame.image_u8 for frame in frames if frame.index == int(index))

    return read
