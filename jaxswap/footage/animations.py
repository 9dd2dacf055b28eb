"""Animated WebP as a video: FFmpeg does not decode it, so Pillow does.

The frames wait losslessly in a temporary file without a name, which is opened like any video.
"""

import functools
import io
import os
import tempfile
import weakref
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from PIL import Image

from jaxswap import errors
from jaxswap.footage import lost
from jaxswap.stills import kinds

_MILLISECOND = Fraction(1, 1000)
_LEAST_MS = 10  # browsers show a frame that claims less, or nothing, for
_SHOWN_MS = 100  # as long as this


def opened(path: Path) -> io.BufferedReader | None:
    """An animated WebP as a video's file; None of any other file.

    Raises:
        FootageError: if the animation is broken.
        OSError: if the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WEBP" or kinds.kind_of(path) != "film":
            return None
        status = os.fstat(stream.fileno())
    return io.BufferedReader(_View(_stored(path, status.st_mtime_ns, status.st_size)))


class _Stored:
    """A temporary file that nobody else sees, and that is gone when nobody holds this."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as stream:
            self.descriptor = os.dup(stream.fileno())
        weakref.finalize(self, os.close, self.descriptor)


class _View(io.RawIOBase):
    """A temporary file, read from a position of one's own."""

    def __init__(self, stored: _Stored) -> None:
        self._stored, self._at = stored, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        size = os.fstat(self._stored.descriptor).st_size
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size}[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        data = os.pread(self._stored.descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@functools.lru_cache(maxsize=2)  # one file is opened several times in a piece of work
def _stored(path: Path, changed_ns: int, size: int) -> _Stored:
    """The animation as Matroska with FFV1."""
    stored = _Stored()
    try:
        with (
            kinds.opened(path) as image,
            io.FileIO(stored.descriptor, "r+", closefd=False) as target,
        ):
            _transcode(image, target)
    except (*kinds.BROKEN, av.error.FFmpegError) as error:
        raise errors.FootageError(
            f"{path} cannot be read as an animation ({lost.reason(error)}). Export it again."
        ) from error
    return stored


def _transcode(image: Image.Image, target: io.FileIO) -> None:
    layout = "bgra" if _is_transparent(image) else "bgr0"
    image.seek(0)
    rate = Fraction(1000, _shown_ms(image))
    with av.open(target, "w", format="matroska") as container:
        video = container.add_stream("ffv1", rate=rate, options={"slices": "4", "threads": "4"})
        codec = video.codec_context
        codec.width, codec.height, codec.pix_fmt = *image.size, layout
        video.time_base = codec.time_base = _MILLISECOND
        at = 0
        for position in range(getattr(image, "n_frames", 1)):
            image.seek(position)
            shown = _shown_ms(image)
            frame = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGBA")), "rgba")
            frame = frame.reformat(format=layout)
            frame.pts, frame.time_base = at, _MILLISECOND
            for packet in codec.encode(frame):
                packet.stream, packet.duration = video, shown
                container.mux(packet)
            at += shown
        for packet in codec.encode(None):
            packet.stream = video
            container.mux(packet)


def _shown_ms(image: Image.Image) -> int:
    image.load()
    told = int(image.info.get("duration") or 0)
    return told if told >= _LEAST_MS else _SHOWN_MS


def _is_transparent(image: Image.Image) -> bool:
    if image.mode != "RGBA":
        return False
    for position in range(getattr(image, "n_frames", 1)):
        image.seek(position)
        if np.asarray(image.getchannel("A")).min() < 255:
            return True
    return False
