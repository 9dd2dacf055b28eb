"""Clips whose every frame is known, written by PyAV alone."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap.footage import video_frames

SIZE = (64, 48)  # width, height


def _picture(index: int) -> np.ndarray:
    image_u8 = np.full((SIZE[1], SIZE[0], 3), 20, np.uint8)
    image_u8[4:20, 4:28] = (40 + 3 * index, 90, 160)
    return image_u8


def _write_clip(
    path: Path,
    *,
    pts: list[int],
    time_base: Fraction = Fraction(1, 1000),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pix_fmt
        stream.time_base = stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = 5
        for index, when in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(_picture(index), "rgb24")
            frame.pts, frame.time_base = when, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def draw() -> Callable[[int], np.ndarray]:
    """Frame `index` of the clips: a bright square in the upper left, brighter with time."""
    return _picture


@pytest.fixture
def write_clip() -> Callable[..., Path]:
    """Writes a clip with the given times, a key frame every 5."""
    return _write_clip


@pytest.fixture
def clip(tmp_path) -> Path:
    """30 frames, 25 a second."""
    return _write_clip(tmp_path / "clip.mp4", pts=[40 * i for i in range(30)])


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list:
    """The frames of videos that were decoded so far."""
    seen = []
    whole = video_frames.decode

    def counted(*arguments):
        for item in whole(*arguments):
            seen.append(item)
            yield item

    monkeypatch.setattr(video_frames, "decode", counted)
    return seen
