"""The pictures of a part of a video, encoded, for a video that is joined later from its parts."""

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av

from jaxswap import errors, notices
from jaxswap.conversion import (
    canvas,
    encoders,
    frame_encoding,
    originals,
    outputs,
    sources,
    video_writer,
)
from jaxswap.video import timing

_INDEX, _HEADERS = "index.json", "headers"


class SegmentOutput(outputs.Pictured):
    """Encodes the frames of a segment; those around it are context and are not written.

    The file is an uncompressed ZIP: packets by their number, the encoder's headers, and an index
    with the times, which are those of the footage.
    """

    def __init__(
        self,
        path: Path,
        *,
        source: sources.Source,
        encoder: encoders.Encoder,
        suffix: str,
        bounds: tuple[int, int | None],
    ) -> None:
        """Open nothing yet.

        Args:
            path: of the file.
            source: the whole footage.
            encoder: how it is encoded.
            suffix: of the video that is joined.
            bounds: the first time that is written and the first after it, in the source's unit.

        Raises:
            OutputError: if the codec cannot hold frames of this size.
        """
        self._path, self._encoder, self._suffix = path, encoder, suffix
        self.source, self._first, self._after = source, *bounds
        self.coding = frame_encoding.coding_of(source, encoder)
        self.notices = notices.Notices()
        """What of the segment did not decode; whoever reads it adds to them."""
        self._end: int | None = None
        self._times: list[tuple[int, int, int, bool]] = []
        self._frames = self._swapped = 0

    def __enter__(self) -> "SegmentOutput":
        self._zip = zipfile.ZipFile(self._path, "w", zipfile.ZIP_STORED)
        # Nothing is written to this container: it makes the encoder the one that the joined video
        # says that it has.
        name = video_writer.FORMATS[self._suffix]
        self._container = av.open(io.BytesIO(), "w", format=name)
        video = frame_encoding.add_stream(
            self._container, source=self.source, encoder=self._encoder, coding=self.coding
        )
        self._container.start_encoding()
        self._context = video.codec_context
        self._frame_encoder = frame_encoding.FrameEncoder(
            self._context, coding=self.coding, codec=self._encoder.codec
        )
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        with self._container, self._zip:
            if error is not None:
                return
            end = self.source.end if self._end is None else self._end
            self._store(self._frame_encoder.finish(end=end, exact=self._end is not None))
            index = {
                "packets": self._times,
                "frames": self._frames,
                "swapped": self._swapped,
                "notices": self.notices.lines,
            }
            self._zip.writestr(_INDEX, json.dumps(index))
            self._zip.writestr(_HEADERS, self._context.extradata or b"")

    def write(
        self,
        original: originals.Original[av.VideoFrame],
        painted: canvas.Canvas[av.VideoFrame] | None,
    ) -> None:
        """Encode a frame, if it is one of the segment.

        Raises:
            FootageError: if the frame has no time.
        """
        pts = original.pts
        if pts is None:
            raise errors.FootageError(
                f"A frame of {self.source.path} has no time, so that it is in no segment. Convert "
                "the footage as a whole."
            )
        if pts < self._first or self._end is not None:
            return
        if self._after is not None and pts >= self._after:
            self._end = pts
            return
        frame = original.picture if painted is None else painted.picture
        self._store(self._frame_encoder.encode(frame, pts=pts))
        self._frames += 1
        self._swapped += painted is not None

    def _store(self, packets: list[av.Packet]) -> None:
        for packet in packets:
            self._zip.writestr(str(len(self._times)), bytes(packet))
            shown, decoded = timing.presentation(packet), timing.decoding(packet)
            self._times.append((shown, decoded, packet.duration or 0, packet.is_keyframe))


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncodedSegment:
    """What a `SegmentOutput` wrote."""

    path: Path
    headers: bytes
    """The encoder's, which all parts of a video share."""
    frames: int
    swapped: int
    """Frames in which a face changed."""
    notices: tuple[str, ...]
    """What did not decode, in words."""
    times: tuple[tuple[int, int, int, bool], ...]
    """Of each packet: presentation, decoding, duration, and whether it is a key frame."""

    @classmethod
    def open(cls, path: Path) -> "EncodedSegment":
        """Read what is said of the packets.

        Raises:
            OutputError: if the file is broken.
        """
        try:
            with zipfile.ZipFile(path) as parts:
                index = json.loads(parts.read(_INDEX))
                return cls(
                    path=path,
                    headers=parts.read(_HEADERS),
                    frames=int(index["frames"]),
                    swapped=int(index["swapped"]),
                    notices=tuple(str(line) for line in index["notices"]),
                    times=tuple(
                        (int(p), int(d), int(n), bool(k)) for p, d, n, k in index["packets"]
                    ),
                )
        except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise _broken(path, error) from error

    def packets(self, *, time_base: Fraction) -> Iterator[av.Packet]:
        """The packets, in the order of decoding.

        Args:
            time_base: of the source.

        Raises:
            OutputError: if the file is broken.
        """
        try:
            with zipfile.ZipFile(self.path) as parts:
                for number, (pts, dts, duration, is_key) in enumerate(self.times):
                    packet = av.Packet(parts.read(str(number)))
                    packet.pts, packet.dts, packet.duration = pts, dts, duration
                    packet.time_base, packet.is_keyframe = time_base, is_key
                    yield packet
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise _broken(self.path, error) from error


def joined(
    parts: Iterable[EncodedSegment], *, time_base: Fraction, zero: int = 0
) -> Iterator[av.Packet]:
    """The packets of all parts of a video, with decoding times that rise.

    An encoder knows nothing of the part before: with frames of unlike lengths it may begin to
    decode before that has ended. One tick later than the packet before is early enough, since a
    part begins with a key frame, and all of it is shown after all of the part before.

    Args:
        parts: in the order of their times.
        time_base: of the source.
        zero: what becomes 0 of the source's times, in `time_base`.

    Raises:
        OutputError: if a file is broken.
    """
    last = None
    for part in parts:
        for packet in part.packets(time_base=time_base):
            packet.pts = timing.presentation(packet) - zero
            dts = timing.decoding(packet) - zero
            last = dts if last is None else max(dts, last + 1)
            packet.dts = last
            yield packet


def _broken(path: Path, error: Exception) -> errors.OutputError:
    return errors.OutputError(f"{path} is broken ({error}). Delete it and start again.")
