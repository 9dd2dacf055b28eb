"""Which frame of a finished clip is which of its footage.

Frames pair in their order where both have the same number by their headers: a tool that writes
another frame rate did not move them. Else a tool left out, added or cut off frames, and each frame
of the footage takes the one whose time, from the first frame on, is nearest and within half a
frame; each frame pairs once.
"""

from collections.abc import Mapping

from jaxswap import errors, footage, types

_DEFAULT_RATE = 25  # of a video whose header has none


class Pairing:
    """The frames of clips beside those of their footage; of each clip at most two are held.

    Attributes:
        by_time: by the name of the clip, whether its frames are paired by their times.
    """

    def __init__(self, reference: footage.FrameReader, clips: Mapping[str, footage.FrameReader]):
        """Open the clips at their beginning.

        Raises:
            FootageError: if a clip does not decode, or its frames have another size than those of
                the footage.
        """
        self._reference, self._clips = reference, clips
        for name, clip in clips.items():
            self._require_size(name, _size(reference.info), _size(clip.info))
        self.by_time = {
            name: clip.num_frames != reference.num_frames for name, clip in clips.items()
        }
        self._waiting = {name: _Waiting(clip) for name, clip in clips.items()}
        self._tolerance_s = 0.5 / float(reference.info.frame_rate or _DEFAULT_RATE)
        self._first_s: float | None = None

    def partners(self, frame: footage.Frame) -> dict[str, types.ImageU8]:
        """The frames that go with the next one of the footage, by clip; clips may have none.

        Raises:
            FootageError: if a clip does not decode, or a frame has another size.
        """
        self._first_s = frame.time_s if self._first_s is None else self._first_s
        found = {}
        for name, clip in self._waiting.items():
            if self.by_time[name]:
                image_u8 = clip.nearest(frame.time_s - self._first_s, self._tolerance_s)
            else:
                image_u8 = clip.take()
            if image_u8 is not None:
                self._require_size(name, frame.image_u8.shape[1::-1], image_u8.shape[1::-1])
                found[name] = image_u8
        return found

    def finish(self) -> dict[str, int]:
        """Read the clips to their ends; returns how many frames each has."""
        return {name: clip.finish() for name, clip in self._waiting.items()}

    def _require_size(self, name: str, size: tuple[int, int], clip_size: tuple[int, int]) -> None:
        if size != clip_size:
            raise errors.FootageError(
                f"The frames of {name} ({self._clips[name].info.path}) have "
                f"{clip_size[0]}x{clip_size[1]} pixels, those of {self._reference.info.path} "
                f"{size[0]}x{size[1]}. Compare footage with clips made of it, in its size."
            )


class _Waiting:
    """Frames of a clip that no frame of the footage took yet."""

    def __init__(self, clip: footage.FrameReader):
        self._frames = iter(clip)
        self._read = 0
        self._held: list[footage.Frame] = []
        self._fill(1)
        self._first_s = self._held[0].time_s if self._held else 0.0

    def take(self) -> types.ImageU8 | None:
        """The next frame; None after the last."""
        self._fill(1)
        return self._held.pop(0).image_u8 if self._held else None

    def nearest(self, time_s: float, tolerance_s: float) -> types.ImageU8 | None:
        """The frame that is nearest to a time, if it is near; those before it are dropped."""
        self._fill(2)
        while len(self._held) == 2 and self._away(1, time_s) < self._away(0, time_s):
            self._held.pop(0)
            self._fill(2)
        if not self._held or self._away(0, time_s) > tolerance_s:
            return None
        return self.take()

    def finish(self) -> int:
        """How many frames the clip has; those that are left are read for it."""
        self._held.clear()
        for _ in self._frames:
            self._read += 1
        return self._read

    def _away(self, position: int, time_s: float) -> float:
        return abs(self._held[position].time_s - self._first_s - time_s)

    def _fill(self, wanted: int) -> None:
        while len(self._held) < wanted:
            frame = next(self._frames, None)
            if frame is None:
                return
            self._read += 1
            self._held.append(frame)


def _size(info: footage.FootageInfo) -> tuple[int, int]:
    return info.width, info.height
