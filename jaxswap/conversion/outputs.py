"""Where converted frames go: a video, an image, or a folder of images."""

from pathlib import Path
from types import TracebackType
from typing import Protocol, runtime_checkable

import av
import numpy as np

from jaxswap import config, errors, footage, images, notices, spans, stills
from jaxswap.conversion import (
    canvas,
    encoders,
    image_outputs,
    originals,
    side_by_side,
    sources,
    video_writer,
)
from jaxswap.conversion.originals import Picture
from jaxswap.provenance import marks
from jaxswap.video import colorimetry, orientation, planes


@runtime_checkable
class Output(Protocol[Picture]):
    """Takes the frames in order; appears when its `with` block ends well."""

    notices: notices.Notices

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def keep(self, frame: footage.Frame) -> originals.Original[Picture]:
        """What the later stages need of a frame."""
        ...

    def open_canvas(self, original: originals.Original[Picture]) -> canvas.Canvas[Picture]:
        """A canvas to paint faces on."""
        ...

    def write(
        self, original: originals.Original[Picture], painted: canvas.Canvas[Picture] | None
    ) -> None:
        """Write a frame: as painted, or as it was."""


class Pictured:
    """Takes frames of footage, upright and in an output's coding.

    Attributes:
        source: what the frames come from.
        coding: how the output holds its pixels.
    """

    source: sources.Source
    coding: colorimetry.Coding
    notices: notices.Notices
    keeps_before = False
    """Whether planes are kept as they were before the painting."""

    def keep(self, frame: footage.Frame) -> originals.Original[av.VideoFrame]:
        """The decoded frame, upright; an image in the output's coding."""
        decoded = frame.video_frame
        picture = self._from_image(frame) if decoded is None else self._upright(decoded, frame.turn)
        before = None
        if self.keeps_before:
            held = colorimetry.to_coding(picture, coding=self.coding)
            before = [plane.copy() for plane in planes.views(held)]
        return originals.Original(pts=frame.pts, picture=picture, before=before)

    def open_canvas(self, original: originals.Original[av.VideoFrame]) -> canvas.YuvCanvas:
        """The frame's planes."""
        frame = colorimetry.to_coding(original.picture, coding=self.coding)
        return canvas.YuvCanvas(frame, coding=self.coding)

    def _from_image(self, frame: footage.Frame) -> av.VideoFrame:
        still = frame.still or stills.plain(frame.image_u8)
        name = frame.name or ""
        if still.is_transparent:
            self.notices.add_named("Transparent parts became black, since a video has none", name)
        if still.pixels.dtype != np.uint8:
            self.notices.add_named("16 bits a channel became 8 in the video", name)
        return colorimetry.frame_from_rgb(images.to_float(still.on_black_u8), coding=self.coding)

    def _upright(self, decoded: av.VideoFrame, turn: orientation.Orientation) -> av.VideoFrame:
        if turn.plain:
            return decoded
        decoded = colorimetry.to_coding(decoded, coding=self.coding)
        return colorimetry.turned(decoded, by=turn, coding=self.coding)


class VideoOutput(Pictured, video_writer.VideoWriter):
    """A video; frames in which nothing is painted are encoded as they were decoded."""

    def write(
        self,
        original: originals.Original[av.VideoFrame],
        painted: canvas.Canvas[av.VideoFrame] | None,
    ) -> None:
        """Encode a frame."""
        frame = original.picture if painted is None else painted.picture
        self.encode(frame, pts=original.pts)


def make(
    info: footage.FootageInfo,
    out: Path,
    *,
    mark: marks.Mark,
    options: config.ConvertConfig,
    span: spans.Span = spans.WHOLE,
) -> Output[av.VideoFrame] | Output[stills.Pixels]:
    """The output for footage: of the same kind, or as the name says.

    A name without a suffix is a folder of images; footage that moves can become that or a video.

    Args:
        info: of the footage.
        out: where to.
        mark: what the output says about itself.
        options: how a video is encoded.
        span: the part of the footage that is written.

    Raises:
        OutputError: if that cannot be written there.
    """
    if out.name.lower() in (*video_writer.FORMATS, *stills.SUFFIXES):
        raise errors.OutputError(f"{out} is a suffix without a name. Write a name before it.")
    if info.kind == "image":
        return image_outputs.ImageOutput(out, source=info.path, mark=mark)
    if info.kind == "images" and not (info.moves and out.suffix):
        if info.path.is_dir():
            return image_outputs.FolderOutput(out, source=info.path, mark=mark)
        return image_outputs.PagesOutput(out, source=info.path, mark=mark)
    if not out.suffix:
        return image_outputs.SequenceOutput(out, source=info, mark=mark)
    source = sources.of(info, span=span, sound=options.sound)
    return VideoOutput(out, source=source, encoder=encoders.of(options), mark=mark)


def make_side_by_side(
    output: Output, out: Path, *, mark: marks.Mark, options: config.ConvertConfig
) -> side_by_side.SideBySide:
    """The video that shows the footage beside the result.

    Args:
        output: of the result, not entered yet; from now on it keeps what it paints over.
        out: where the video goes.
        mark: what it says about itself.
        options: how it is encoded.

    Raises:
        OutputError: if the result is no video, or this one cannot be written there.
    """
    if not isinstance(output, VideoOutput):
        raise errors.OutputError(
            "Only a result that is a video can be shown side by side. Name one with --out, or "
            "leave out --side-by-side."
        )
    output.keeps_before = True
    return side_by_side.SideBySide(
        out,
        result=output.out,
        source=output.source,
        encoder=encoders.of(options),
        coding=output.coding,
        mark=mark,
    )
