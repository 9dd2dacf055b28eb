"""Sound that an output cannot hold as it is, encoded as one that it can."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

import av
import av.audio.resampler
import av.container
import av.error
import av.stream

from jaxswap.conversion import copies

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_PART = 1024  # samples that are kept or left out as one
_BITS_A_CHANNEL = 96_000  # a second: sound that was coded before is hardly harmed


class EncodedSound:
    """The way of a stream of sound into an output that takes it in another codec."""

    def __init__(self, source: av.AudioStream, output: av.container.OutputContainer) -> None:
        """Add a stream to the output.

        Args:
            source: the stream.
            output: not begun yet.

        Raises:
            ValueError: if the stream cannot be decoded.
        """
        decoder = source.codec_context
        if decoder is None or not decoder.sample_rate or not decoder.channels:
            raise ValueError("The stream says nothing of its sound.")
        self.kind: Literal["aac", "flac"] = "aac"
        if output.format.name == "matroska" and _is_lossless(decoder):
            self.kind = "flac"
        rate = next((rate for rate in _RATES if rate >= decoder.sample_rate), _RATES[-1])
        stream = output.add_stream(self.kind, rate=rate)
        encoder = stream.codec_context
        encoder.layout = copies.LAYOUTS.get(decoder.channels, "stereo")
        encoder.format = "fltp" if self.kind == "aac" else "s16" if _bits(decoder) <= 16 else "s32"
        if self.kind == "aac":
            encoder.bit_rate = _BITS_A_CHANNEL * encoder.channels
        self.stream = stream
        self.num_failed = 0
        """Packets that did not decode."""
        self._decoder, self._encoder = decoder, encoder
        self._resampler: av.audio.resampler.AudioResampler | None = None
        self._end_s = Fraction(0)
        self._unit: Fraction | None = None
        self._from_s: Fraction | None = None
        self._until_s: Fraction | None = None
        self._taken: tuple[str, str, int] | None = None

    @property
    def unit(self) -> Fraction:
        """Seconds of one tick of its packets."""
        return Fraction(1, self._encoder.sample_rate)

    def keep(self, *, from_s: Fraction | None, until_s: Fraction | None) -> None:
        """Leave out what is before or after a part.

        Args:
            from_s: when the part begins, by the times of the packets that come; None leaves all.
            until_s: when it ends, or None.
        """
        self._from_s, self._until_s = from_s, until_s

    def carried(self, packet: av.Packet) -> Iterator[av.Packet]:
        """The packets of the output that are complete with a packet."""
        try:
            frames = self._decoder.decode(packet)
        except av.error.FFmpegError:
            self.num_failed += 1
            return
        for frame in frames:
            yield from self._encoded(frame)

    def rest(self) -> Iterator[av.Packet]:
        """The packets that are left at the end."""
        with contextlib.suppress(av.error.FFmpegError):
            for frame in self._decoder.decode(None):
                yield from self._encoded(frame)
        yield from self._flushed()
        if self._taken is not None:
            yield from self._named(self._encoder.encode(None))

    def _encoded(self, frame: av.AudioFrame) -> Iterator[av.Packet]:
        # That of a resampler's first frame is taken for all.
        unit = self._unit = self._unit or frame.time_base or Fraction(1, frame.sample_rate)
        if frame.pts is None:  # as those that a decoder holds until the end
            frame.pts, frame.time_base = round(self._end_s / unit), unit
        self._end_s = frame.pts * unit + Fraction(frame.samples, frame.sample_rate)
        taken = (frame.format.name, frame.layout.name, frame.sample_rate)
        if taken != self._taken:  # the first, or the sound changes midway
            yield from self._flushed()
            self._taken = taken
            self._resampler = av.audio.resampler.AudioResampler(
                format=self._encoder.format,
                layout=self._encoder.layout,
                rate=self._encoder.sample_rate,
                frame_size=_PART,
            )
        if self._resampler is not None:
            for part in self._resampler.resample(frame):
                yield from self._taken_in(part)

    def _flushed(self) -> Iterator[av.Packet]:
        if self._resampler is not None:
            for part in self._resampler.resample(None):
                yield from self._taken_in(part)

    def _taken_in(self, part: av.AudioFrame) -> Iterator[av.Packet]:
        at_s = (part.pts or 0) * self.unit
        is_early = self._from_s is not None and at_s < self._from_s
        if not is_early and (self._until_s is None or at_s < self._until_s):
            yield from self._named(self._encoder.encode(part))

    def _named(self, packets: list[av.Packet]) -> Iterator[av.Packet]:
        for packet in packets:
            packet.stream = self.stream
            yield packet


def _is_lossless(decoder: av.AudioCodecContext) -> bool:
    return decoder.codec.lossless or decoder.name.startswith("pcm_")


def _bits(decoder: av.AudioCodecContext) -> int:
    if decoder.name in ("pcm_alaw", "pcm_mulaw"):
        return 16
    return decoder.format.bits if decoder.format else 16
