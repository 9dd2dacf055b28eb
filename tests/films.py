"""Films that flash and click at the same time, so that a test sees and hears where things are."""

import dataclasses
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

PERIOD_S, FIRST_S = 0.5, 0.25  # between two flashes, and before the first
FRAME_RATE = 25
GOP = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Observed:
    """What is seen and heard of a film, by its own clock, in seconds."""

    times: list[float]
    """Of the frames."""
    flashes: list[float]
    clicks: list[float]

    @property
    def steps(self) -> list[float]:
        """From frame to frame."""
        return [float(step) for step in np.diff(self.times)]

    @property
    def apart(self) -> list[float]:
        """From each click to the nearest flash."""
        return [min((click - flash for flash in self.flashes), key=abs) for click in self.clicks]


def _write(
    path: Path,
    *,
    picture: str = "libx264",
    sound: str | None = "aac",
    rate: int = 48000,
    layout: str = "mono",
    seconds: float = 2.0,
    start_s: float = 0.0,
    sound_start_s: float | None = None,
    options: Mapping[str, str] | None = None,
    encoder: Mapping[str, str] | None = None,
) -> Path:
    """A film of 64x48; the sound begins with the picture, unless `sound_start_s` says when."""
    with av.open(str(path), "w", options=dict(options or {})) as output:
        video = output.add_stream(picture, rate=FRAME_RATE, options=dict(encoder or {}))
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.gop_size = GOP
        packets = []
        audio = None
        if sound is not None:
            audio = output.add_stream(sound, rate=rate)
            audio.codec_context.layout = layout
            if sound.startswith("wma"):
                audio.codec_context.bit_rate = 64_000
        output.start_encoding()
        for index in range(round(seconds * FRAME_RATE)):
            packets += video.encode(_frame(index, start_s=start_s))
        packets += video.encode(None)
        if audio is not None:
            begin_s = start_s if sound_start_s is None else sound_start_s
            packets += _clicking(audio, seconds=seconds, start_s=begin_s)
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            output.mux_one(packet)
    return path


def _frame(index: int, *, start_s: float) -> av.VideoFrame:
    phase = index / FRAME_RATE % PERIOD_S
    is_bright = FIRST_S - 1e-6 <= phase < FIRST_S + 2 / FRAME_RATE
    image = np.full((48, 64, 3), 230 if is_bright else 20, np.uint8)
    frame = av.VideoFrame.from_ndarray(image, "rgb24")
    frame.pts, frame.time_base = index + round(start_s * FRAME_RATE), Fraction(1, FRAME_RATE)
    return frame


def _clicking(audio: av.AudioStream, *, seconds: float, start_s: float) -> list[av.Packet]:
    codec = audio.codec_context
    rate, size = codec.sample_rate, codec.frame_size or 1024
    wave = np.zeros(round(seconds * rate), np.float32)
    beep = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate // 100) / rate)
    flashing = [i / FRAME_RATE for i in range(round(seconds * FRAME_RATE)) if _begins(i)]
    for flash in flashing:
        at = round(flash * rate)
        wave[at : at + len(beep)] = beep[: len(wave) - at]
    resampler = av.AudioResampler(codec.format, codec.layout, rate, frame_size=size)
    frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
    frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
    frame.pts = round(start_s * rate)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return [packet for part in [*parts, None] for packet in audio.encode(part)]


def _begins(index: int) -> bool:
    """Whether a flash begins with a frame."""
    phase, before = (index / FRAME_RATE % PERIOD_S, (index - 1) / FRAME_RATE % PERIOD_S)
    return phase >= FIRST_S - 1e-6 and (before < FIRST_S - 1e-6 or before > phase)


def _observe(path: Path, *, track: int = 0) -> Observed:
    times, flashes, was_bright = [], [], False
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            told = frame.pts is not None
            times.append(float(frame.pts * frame.time_base) if told else len(times) / FRAME_RATE)
            is_bright = frame.to_ndarray(format="gray8").mean() > 128
            if is_bright and not was_bright:
                flashes.append(times[-1])
            was_bright = is_bright
    clicks: list[float] = []
    with av.open(str(path)) as container:
        if len(container.streams.audio) > track:
            last, end = -1.0, 0.0
            stream = container.streams.audio[track]
            to_float = av.AudioResampler("flt", "mono", stream.codec_context.sample_rate)
            for frame in container.decode(stream):
                (part,) = to_float.resample(frame)
                begin = end if frame.pts is None else float(frame.pts * frame.time_base)
                end = begin + frame.samples / frame.sample_rate
                for at in np.flatnonzero(np.abs(part.to_ndarray()[0]) > 0.25):
                    time = begin + float(at) / frame.sample_rate
                    if time - last > 0.2:
                        clicks.append(time)
                    last = time
    return Observed(times=times, flashes=flashes, clicks=clicks)


@pytest.fixture(scope="session")
def write_film() -> Callable[..., Path]:
    """Writes a film that flashes and clicks every half second, at 25 frames a second."""
    return _write


@pytest.fixture(scope="session")
def observe() -> Callable[..., Observed]:
    """What is seen and heard of a film."""
    return _observe
