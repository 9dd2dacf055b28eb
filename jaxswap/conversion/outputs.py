"""Where converted frames go: a video, an image, or a folder of images."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, runtime_checkable

from jaxswap import config, footage
from jaxswap.conversion import (
    canvas,
    encoders,
    image_outputs,
    originals,
    sources,
    video_writer,
)
from jaxswap.provenance import marks
from jaxswap.video import colorimetry


@runtime_checkable
class Output(Protocol):
    """Takes the frames in order; appears when its `with` block ends well."""

    lost: list[str]

    def __enter__(self) -> "Output": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def keep(self, frame: footage.Frame) -> originals.Original:
        """What the later stages need of a frame."""

    def open_canvas(self, original: originals.Original) -> canvas.Canvas:
        """A canvas to paint faces on."""

    def write(self, original: originals.Original, painted: canvas.Canvas | None) -> None:
        """Write a frame: as painted, or as it was."""


class VideoOutput(video_writer.VideoWriter):
    """A video; frames in which nothing is painted are encoded as they were decoded."""

    def keep(self, frame: footage.Frame) -> originals.Original:
        """The decoded frame, upright."""
        decoded = frame.video_frame
        if decoded is None:
            raise ValueError("Frames of a video hold the decoded frame.")
        turns = round(decoded.rotation / 90) % 4
        if turns:
            decoded = colorimetry.to_coding(decoded, coding=self.coding)
            decoded = colorimetry.turned(decoded, quarter_turns=turns, coding=self.coding)
        return originals.Original(pts=frame.pts, name=None, picture=decoded)

    def open_canvas(self, original: originals.Original) -> canvas.YuvCanvas:
        """The frame's planes."""
        frame = colorimetry.to_coding(original.picture, coding=self.coding)
        return canvas.YuvCanvas(frame, coding=self.coding)

    def write(self, original: originals.Original, painted: canvas.YuvCanvas | None) -> None:
        """Encode a frame."""
        frame = original.picture if painted is None else painted.frame
        self.encode(frame, pts=original.pts)


def make(
    info: footage.FootageInfo, out: Path, *, mark: marks.Mark, options: config.ConvertConfig
) -> VideoOutput | image_outputs.ImageOutput | image_outputs.FolderOutput:
    """The output for footage: of the same kind.

    Args:
        info: of the footage.
        out: where to.
        mark: what the output says about itself.
        options: how a video is encoded.

    Raises:
        OutputError: if that cannot be written there.
    """
    if info.kind == "image":
        return image_outputs.ImageOutput(out, source=info.path, mark=mark)
    if info.kind == "images":
        return image_outputs.FolderOutput(out, source=info.path, mark=mark)
    return VideoOutput(
        out,
        source=sources.of(info),
        encoder=encoders.of(options),
        mark=mark,
    )
