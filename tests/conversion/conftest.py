"""Clips made for the tests of conversion."""

import dataclasses
import hashlib
import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation

# swscale's default flags truncate: one level darker and 2 off on average.
_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclasses.dataclass(frozen=True)
class Streams:
    """What a test asks of a video file, read by PyAV alone."""

    times: list[Fraction]
    sizes: set[tuple[int, int]]
    images: list[np.ndarray]
    packets: list[list[tuple[Fraction, str]]]
    """For each stream of sound: time and hash of every packet."""
    tags: tuple[int, ...]
    duration: Fraction


def _read_streams(path: Path) -> Streams:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = list(container.decode(video))
        codec = video.codec_context
        tags = (codec.colorspace, codec.color_range, codec.color_primaries, codec.color_trc)
        duration = (video.duration or 0) * video.time_base
    with av.open(str(path)) as container:
        packets = {stream.index: [] for stream in container.streams.audio}
        for packet in container.demux(list(container.streams.audio)) if packets else ():
            if packet.size:
                time = packet.pts * packet.time_base
                packets[packet.stream.index].append((time, hashlib.sha256(packet).hexdigest()))
    return Streams(
        times=[frame.pts * frame.time_base for frame in frames],
        sizes={(frame.width, frame.height) for frame in frames},
        images=[frame.to_ndarray(format="rgb24", interpolation=_EXACT) for frame in frames],
        packets=list(packets.values()),
        tags=tags,
        duration=duration,
    )


def _smooth_image(width: int, height: int, index: int = 0) -> np.ndarray:
    """Colours that change slowly, so that coding hardly changes them."""
    y, x = np.mgrid[:height, :width]
    red = 255 * x / width
    green = 255 * y / height
    blue = np.full_like(red, 40 + 3 * index)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def _write_clip(
    path: Path,
    images: Sequence[np.ndarray],
    *,
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 12800),
    pix_fmt: str = "yuv420p",
    tags: tuple[int, int, int, int] = (2, 0, 2, 2),
    audio: Sequence[str] = (),
    audio_start: int = 0,
    gop: int = 250,
) -> Path:
    """A clip of `images`; `tags` are colorspace, range, primaries, transfer; `audio` are codecs."""
    pts = pts or [512 * index for index in range(len(images))]
    with av.open(str(path), "w", container_options={"movie_timescale": "56448000"}) as output:
        video = output.add_stream("libx264", rate=25, options={"crf": "1", "preset": "ultrafast"})
        codec = video.codec_context
        video.height, video.width = images[0].shape[:2]
        video.pix_fmt, codec.gop_size = pix_fmt, gop
        video.time_base = codec.time_base = time_base
        codec.colorspace, codec.color_range, codec.color_primaries, codec.color_trc = tags
        tones = [_tone(output, name) for name in audio]
        for image, time in zip(images, pts, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(
                format=pix_fmt,
                dst_colorspace=5 if tags[0] in (2, 5, 6) else tags[0],
                dst_color_range=2 if tags[1] == 2 else 1,
                interpolation=_EXACT,
            )
            frame.pts, frame.time_base = time, time_base
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        seconds = float((pts[-1] + 512) * time_base)
        for index, stream in enumerate(tones):
            _write_tone(output, stream, seconds, hertz=300.0 + 100 * index, start=audio_start)
    return path


def _tone(output: av.container.OutputContainer, codec: str) -> av.AudioStream:
    stream = output.add_stream(codec, rate=48000)
    stream.codec_context.layout = "mono"
    if codec == "wavpack":
        stream.codec_context.format = "fltp"
    return stream


def _write_tone(
    output: av.container.OutputContainer,
    stream: av.AudioStream,
    seconds: float,
    *,
    hertz: float,
    start: int,
) -> None:
    samples = np.arange(int(seconds * 48000))
    wave = 0.3 * np.sin(2 * np.pi * hertz * samples / 48000)
    kind = stream.codec_context.format.name
    size = stream.codec_context.frame_size or 1024
    for at in range(0, len(wave) - size + 1, size):
        part = wave[None, at : at + size].astype(np.float32)
        if kind.startswith("s16"):
            part = (part * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(part, format=kind, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start + at, Fraction(1, 48000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """`_write_clip` into the test's folder."""

    def make(images: Sequence[np.ndarray], *, name: str = "in.mp4", **options: object) -> Path:
        return _write_clip(tmp_path / name, images, **options)

    return make


@pytest.fixture
def read_streams() -> Callable[[Path], Streams]:
    """What a test asks of a video file."""
    return _read_streams


@pytest.fixture
def smooth_images() -> Callable[..., list[np.ndarray]]:
    """Images with colours that change slowly."""

    def make(num: int, *, width: int = 64, height: int = 48) -> list[np.ndarray]:
        return [_smooth_image(width, height, index) for index in range(num)]

    return make


@pytest.fixture(scope="session")
def cut_demo(demo_clips: dict[str, Path]) -> Callable[..., list[np.ndarray]]:
    """The first frames of an embedded clip."""

    def cut(name: str, num: int) -> list[np.ndarray]:
        with av.open(str(demo_clips[name])) as container:
            frames = itertools.islice(container.decode(video=0), num)
            return [frame.to_ndarray(format="rgb24", interpolation=_EXACT) for frame in frames]

    return cut
