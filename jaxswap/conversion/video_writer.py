"""A video with the size, times, colours, sound and chapters of its source."""

import contextlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error

from jaxswap import config, errors, files, notices
from jaxswap.conversion import companions, encoders, frame_encoding, sources
from jaxswap.provenance import containers, marks, xmp
from jaxswap.video import planes, timing

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""Suffixes of the videos that can be written, and their formats. The name decides nothing else:
FFmpeg would take .m4v for a raw MPEG-4 stream."""

_SHAPELESS = ("av1", "ffv1")  # PyAV leaves pixels that are not square to the codec's own headers
_USUAL_SITES = (planes.DEFAULT_SITE, planes.ChromaSite(0.5, 0.5))  # what silence may mean
_MAX_TIMESCALE = 2**31 - 1


def check(out: Path, *, source: Path, codec: config.Codec) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises:
        OutputError: if the suffix is none of `FORMATS` or of none that holds the codec, or the
            output would replace its source.
    """
    if out.suffix.lower() not in FORMATS:
        raise errors.OutputError(f"{out} must end in one of {', '.join(FORMATS)}.")
    held = encoders.SUFFIXES[codec]
    if out.suffix.lower() not in held:
        raise errors.OutputError(
            f"{out}: {out.suffix} cannot hold {codec}. Choose a name that ends in "
            f"{' or '.join(held)}, or another --codec."
        )
    if out.is_dir():
        raise errors.OutputError(f"{out} is a folder: name a video file in it.")
    if out.exists() and source.exists() and out.samefile(source):
        raise errors.OutputError(f"{out} is the footage itself: choose another name.")


class VideoWriter:
    """Writes one video under its final name, complete or not at all; use it in a `with` block.

    Frames come in order, each with the time of its original: exact in MP4 and MOV. Matroska counts
    whole milliseconds and has no times below 0, so there times are rounded, and where sound begins
    before 0 (its encoder's run-up, 21 ms of AAC) all streams begin later by that.
    """

    def __init__(
        self,
        out: Path,
        *,
        source: sources.Source,
        encoder: encoders.Encoder,
        mark: marks.Mark,
    ) -> None:
        """Open nothing yet.

        Args:
            out: where to; the suffix is the format.
            source: the footage whose times, colours, sound and chapters are taken over.
            encoder: how it is encoded.
            mark: what the video says about itself.

        Raises:
            OutputError: see `check`, and if the codec cannot hold frames of this size.
        """
        check(out, source=source.path, codec=encoder.codec)
        self.out, self.source, self._encoder, self._mark = out, source, encoder, mark
        self.coding = frame_encoding.coding_of(source, encoder)
        """How the output holds its pixels."""
        self._zero: int | None = None  # what becomes 0 of the source's times
        self.notices = notices.Notices()
        """What could not be taken over; complete after the block."""

    def __enter__(self) -> "VideoWriter":
        """Write the header, so that what the format cannot hold is known before any work.

        Raises:
            OutputError: if the format cannot hold the sound, or the place cannot be written.
        """
        with contextlib.ExitStack() as stack:
            try:
                self._partial = stack.enter_context(files.replacing(self.out))
                stack.callback(self._close_quietly)
                self._open()
            except OSError as e:  # PyAV's errors of the disk are OSErrors too
                raise self._refused(e) from e
            except (av.error.FFmpegError, ValueError) as e:
                raise self._unfit(e) from e
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        """Complete the file and give it its name, or remove it if the block failed."""
        try:
            if error is None:
                with self._refusing():
                    self._finish()
        except BaseException as e:
            self._stack.__exit__(type(e), e, e.__traceback__)
            raise
        self._stack.__exit__(kind, error, traceback)

    def encode(self, frame: av.VideoFrame, *, pts: int | None) -> None:
        """Encode a frame, converted first if it is not in the encoder's format.

        Args:
            frame: of the video's size; its times and type of picture are overwritten.
            pts: time in the source's time base, or None for one tick after the frame before, as
                also if times don't rise. In a part that does not begin with the source, the first
                one becomes 0.

        Raises:
            OutputError: if the disk refuses.
        """
        if self._zero is None:
            self._zero = self._begin(pts)
        pts = None if pts is None else pts - self._zero
        with self._refusing():
            packets = self._frame_encoder.encode(frame, pts=pts)
        self.mux(packets)

    @property
    def headers(self) -> bytes:
        """What decoders must know before the first packet."""
        return self._video.codec_context.extradata or b""

    def mux(self, packets: Iterable[av.Packet]) -> None:
        """Write packets that an encoder like this one's made, and what is beside them.

        Args:
            packets: in the order of decoding, in the source's time base.

        Raises:
            OutputError: if the disk refuses, or FFmpeg does.
        """
        with self._refusing():
            for packet in packets:
                packet.stream = self._video
                self._companions.copy(until_s=timing.decoding(packet) * packet.time_base)
                self._container.mux_one(packet)

    def _open(self) -> None:
        name = FORMATS[self.out.suffix.lower()]
        options = {"fflags": "+bitexact"}  # no random identifiers: same input, same bytes
        self._container = av.open(str(self._partial), "w", format=name, container_options=options)
        self._container.metadata["comment"] = marks.comment(self._mark, kind="video")
        self._video = frame_encoding.add_stream(
            self._container, source=self.source, encoder=self._encoder, coding=self.coding
        )
        self._frame_encoder = frame_encoding.FrameEncoder(
            self._video.codec_context, coding=self.coding, codec=self._encoder.codec
        )
        self._companions = self._beside()
        self.notices.add(*self._encoder.lost(self.source.pix_fmt, pix_fmt=self.coding.pix_fmt))
        shape = self.source.sample_aspect
        if name == "matroska" and shape not in (None, 1) and self._encoder.codec in _SHAPELESS:
            self.notices.add(f"the shape of pixels, {shape}, which is not said in {self.out.name}")
        unsaid = self._encoder.codec == "ffv1" and self.coding.step == (2, 2)
        if unsaid and self.coding.site not in _USUAL_SITES:
            self.notices.add(
                f"{self.out.name} does not say where its colour samples lie, since FFV1 cannot: "
                "choose another --codec if edges of colour must be exact to half a pixel"
            )
        if name == "matroska":
            self._container.metadata["XMP"] = xmp.to_xmp(self._mark)
        else:
            options["movflags"] = "+faststart"
            options["movie_timescale"] = str(self._timescale())
        self._container.container_options.update(options)
        self._container.start_encoding()

    def _beside(self) -> companions.Companions | companions.Silence:
        if not self.source.has_streams:
            return companions.Silence()
        return companions.Companions(
            self.source, self._container, suffix=self.out.suffix, noticed=self.notices
        )

    def _timescale(self) -> int:
        """Ticks a second of the whole file: what the time bases of all streams divide, if it fits.

        MP4 states where a stream begins in these ticks, so a coarser unit would shift streams that
        don't begin at 0.
        """
        common = 1
        for base in (timing.unit(self._video), *self._companions.time_bases):
            multiple = math.lcm(common, base.denominator)
            common = multiple if multiple <= _MAX_TIMESCALE else common
        return common

    def _begin(self, pts: int | None) -> int:
        """The time of the source that is the output's 0."""
        if not self.source.span.start_s or pts is None:
            return self.source.zero
        self._companions.begin(pts * self.source.time_base)
        return pts

    def _finish(self) -> None:
        end = self.source.end
        self.mux(self._frame_encoder.finish(end=None if end is None else end - (self._zero or 0)))
        self._companions.copy(until_s=None)
        self._companions.close()
        self._container.close()
        if self._container.format.name != "matroska":
            containers.append_uuid_box(self._partial, xmp.to_xmp(self._mark))

    def _close_quietly(self) -> None:
        """Let go of both files; after `_finish` there is nothing left to do."""
        for resource in (getattr(self, "_companions", None), getattr(self, "_container", None)):
            if resource is not None:
                with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
                    resource.close()

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Say in one line what the disk or FFmpeg refuses."""
        try:
            yield
        except OSError as e:  # PyAV's errors of the disk are OSErrors too
            raise self._refused(e) from e
        except av.error.FFmpegError as e:
            raise self._unfit(e) from e

    def _unfit(self, error: Exception) -> errors.OutputError:
        """FFmpeg does not say what it is about."""
        remedy = "--sound none" if self.out.suffix == ".mkv" else "a name that ends in .mkv"
        return errors.OutputError(
            f"{self.out}: FFmpeg cannot write what {self.source.path} holds "
            f"({getattr(error, 'strerror', None) or error}). Try {remedy}, or export the footage "
            "again if it is damaged."
        )

    def _refused(self, error: OSError) -> errors.OutputError:
        return errors.OutputError(
            f"{self.out} cannot be written: {error.strerror or error}. Free space or choose "
            "another place; what was there before is as it was."
        )
