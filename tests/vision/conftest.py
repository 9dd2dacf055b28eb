"""Facesets for the tests of this package, extracted once from a few seconds of the demo clips."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jaxswap import config, footage
from jaxswap.vision import extraction


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
