"""Reading footage frame by frame, whatever kind it is of."""

import math
from collections.abc import Collection, Generator, Iterator
from fractions import Fraction
from pathlib import Path

from jaxswap import errors, notices, spans
from jaxswap.footage import image_frames, probing, video_frames
from jaxswap.footage.frames import Frame


class FrameReader:
    """The frames of footage, one after the other, each decoded once.

    Attributes:
        info: what `probe` says of the footage.
        notices: what of the footage did not come as it is; complete after the last frame.
    """

    def __init__(
        self,
        path: Path,
        *,
        every: int = 1,
        span: spans.Span = spans.WHOLE,
        frame_rate: Fraction | None = None,
    ):
        """Look at the footage.

        Args:
            path: video, image or folder of images.
            every: take every n-th frame.
            span: the part that is read; a video is sought, not decoded from its beginning.
            frame_rate: images a second of a folder that is a film; None if they are unrelated.

        Raises:
            FootageError: if it cannot be read, ends before the span, or has no times to cut by.
        """
        if every < 1:
            raise ValueError(f"`every` must be >= 1, not {every}.")
        self.info = probing.probe(path)
        self.notices = notices.Notices()
        self._every, self._span = every, span
        self._num_read, self._is_read = 0, False
        if frame_rate is not None:
            self.info = probing.as_film(self.info, frame_rate)
        duration = self.info.duration_s
        if span != spans.WHOLE and not self.info.moves:
            raise errors.FootageError(
                f"{path} has no times to cut by. Leave out --start and --end, or name the images a "
                "second of a folder with --frame-rate."
            )
        if duration is not None and span.start_s >= duration and not self._has_frames():
            raise errors.FootageError(
                f"{path} ends after {duration:g} s, before --start {float(span.start_s):g}. "
                "Choose an earlier one."
            )

    def __iter__(self) -> Iterator[Frame]:
        self._num_read, self._is_read = 0, False
        for frame in self._read():
            self._num_read += 1
            yield frame
        self._is_read = True

    def again(self, indices: Collection[int]) -> Iterator[Frame]:
        """Frames that were read before, by their indices; reading stops at the last of them.

        Raises:
            FootageError: if one of them does not come again.
        """
        missing = set(indices)
        frames = self._read()
        while missing:
            frame = next(frames, None)
            if frame is None:
                raise errors.FootageError(
                    f"{self.info.path} changed while it was read. Let what writes it finish, and "
                    "try again."
                )
            if frame.index in missing:
                missing.remove(frame.index)
                yield frame

    @property
    def num_frames(self) -> int | None:
        """How many frames will come: by the headers, and after the last frame for certain.

        None if the headers don't say so, or more have come than they say.
        """
        if self._is_read:
            return self._num_read
        told = self._told()
        return None if told is not None and self._num_read > told else told

    def _told(self) -> int | None:
        total = self.info.num_frames
        if total is None:
            return None
        rate, end_s = self.info.frame_rate, self._span.end_s
        if rate is not None:
            last = total if end_s is None else min(total, math.ceil(end_s * rate))
            total = max(0, last - math.ceil(self._span.start_s * rate))
        return -(-total // self._every)

    def _has_frames(self) -> bool:
        """Whether a frame comes where the headers say that there is none."""
        try:
            return next(self._read(), None) is not None
        except errors.FootageError:
            return False

    def _read(self) -> Generator[Frame]:
        read = video_frames.read if self.info.kind == "video" else image_frames.read
        return read(self.info, every=self._every, span=self._span, noticed=self.notices)
