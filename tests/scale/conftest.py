"""Small clips: parts of the embedded ones, some of them spoilt."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from jaxswap import runs


@pytest.fixture(scope="session")
def write_clips(demo_clips) -> Callable[..., list[Path]]:
    def write(folder: Path, *, count: int, frames: int, name: str = "a_train") -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        with av.open(str(demo_clips[name])) as source:
            decoded = source.decode(video=0)
            for number in range(count):
                path = folder / f"{name}-{number:02d}.mp4"
                with av.open(str(path), "w", options={"fflags": "+bitexact"}) as target:
                    video = target.add_stream("libx264", rate=25, options={"threads": "1"})
                    width, height = source.streams.video[0].width, source.streams.video[0].height
                    video.width, video.height = width, height
                    for index in range(frames):
                        frame = next(decoded)
                        image = frame.reformat(format="yuv420p")
                        image.pts, image.time_base = index, Fraction(1, 25)
                        target.mux(video.encode(image))
                    target.mux(video.encode(None))
                paths.append(path)
        return paths

    return write


@pytest.fixture(scope="session")
def run(make_run) -> runs.Run:
    return make_run()
