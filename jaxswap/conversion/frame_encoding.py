"""Frames to timed packets of a video stream."""

import av
import av.container
import av.video.frame

from jaxswap import config
from jaxswap.conversion import encoders, sources
from jaxswap.video import colorimetry

_TIMED_BY_X265 = 3  # frames; of fewer its decoding times are what was in its memory


def coding_of(source: sources.Source, encoder: encoders.Encoder) -> colorimetry.Coding:
    """How the output of an encoder holds the pixels of a source.

    Raises:
        OutputError: if the codec cannot hold frames of this size.
    """
    pix_fmt = encoder.pixel_format(source.pix_fmt, width=source.width, height=source.height)
    return colorimetry.Coding(source.tags, pix_fmt, source.site)


def add_stream(
    container: av.container.OutputContainer,
    *,
    source: sources.Source,
    encoder: encoders.Encoder,
    coding: colorimetry.Coding,
) -> av.VideoStream:
    """Add the stream of an output's pictures to its container.

    Args:
        container: not begun yet.
        source: whose size, times and shape of pixels are taken over.
        encoder: how it is encoded.
        coding: how pixels are held.
    """
    video = container.add_stream(
        encoder.name, rate=source.rate, options=encoder.options(coding, light=source.light)
    )
    codec = video.codec_context
    codec.width, codec.height = source.width, source.height
    codec.pix_fmt = coding.pix_fmt
    if container.format.name != "matroska" and encoder.codec_tag:
        codec.codec_tag = encoder.codec_tag
    video.time_base = codec.time_base = source.time_base
    if source.sample_aspect:
        codec.sample_aspect_ratio = source.sample_aspect
    coding.tags.put_on(codec)
    return video


class FrameEncoder:
    """Encodes frames in order; each packet knows how long its picture is seen."""

    def __init__(
        self, context: av.VideoCodecContext, *, coding: colorimetry.Coding, codec: config.Codec
    ) -> None:
        """Encode nothing yet.

        Args:
            context: of a stream that `add_stream` made.
            coding: how it holds its pixels.
            codec: of the encoder.
        """
        self._context, self._coding, self._codec = context, coding, codec
        self._durations: dict[int | None, int] = {}
        self._held: av.VideoFrame | None = None
        self._held_pts = self._held_duration = self._longest = self._num_fed = 0

    def encode(self, frame: av.VideoFrame, *, pts: int | None) -> list[av.Packet]:
        """Take a frame, converted first if it is not in the encoder's format.

        Args:
            frame: of the video's size; its times and type of picture are overwritten.
            pts: time in the stream's time base, or None for one tick after the frame before, as
                also if times don't rise.

        Returns:
            The packets that are complete.
        """
        duration = frame.duration
        frame = colorimetry.to_coding(frame, coding=self._coding)
        held, self._held = self._held, frame  # until the next one tells how long it is seen
        held_pts = self._held_pts
        if held is not None and (pts is None or pts <= held_pts):
            pts = held_pts + 1
        frame.pts = self._held_pts = 0 if pts is None else pts
        frame.time_base = self._context.time_base
        frame.pict_type = av.video.frame.PictureType.NONE  # the encoder's choice, not the source's
        self._held_duration = duration or 0
        if held is None:
            return []
        seen = self._held_pts - held_pts
        self._longest = max(self._longest, seen)
        return self._feed(held, duration=seen)

    def finish(self, *, end: int | None, exact: bool = False) -> list[av.Packet]:
        """The packets that are left.

        Args:
            end: when the last frame is over, in the stream's time base.
            exact: whether that is certain; else it is used if it is believable.
        """
        if self._held is None:
            return []
        left = 0 if end is None else end - self._held_pts
        known = left > 0 and (exact or left <= self._longest)
        packets = self._feed(self._held, duration=left if known else self._held_duration)
        return packets + self._timed(self._context.encode(None))

    def _feed(self, frame: av.VideoFrame, *, duration: int) -> list[av.Packet]:
        self._durations[frame.pts] = duration
        self._num_fed += 1
        return self._timed(self._context.encode(frame))

    def _timed(self, packets: list[av.Packet]) -> list[av.Packet]:
        for packet in packets:
            if self._num_fed < _TIMED_BY_X265 and self._codec == "h265":
                packet.dts = packet.pts
            packet.duration = self._durations.pop(packet.pts, 0)
        return packets
