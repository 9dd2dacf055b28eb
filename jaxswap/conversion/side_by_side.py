"""A video with the footage on the left and the result on the right."""

import dataclasses
from pathlib import Path

import av
import numpy as np

from jaxswap import errors
from jaxswap.conversion import canvas, encoders, originals, sources, video_writer
from jaxswap.provenance import marks
from jaxswap.video import colorimetry, planes


class SideBySide(video_writer.VideoWriter):
    """Takes the frames of a result in order, once they are painted.

    Times, sound and colours are those of the result.
    """

    def __init__(
        self,
        out: Path,
        *,
        result: Path,
        source: sources.Source,
        encoder: encoders.Encoder,
        coding: colorimetry.Coding,
        mark: marks.Mark,
    ) -> None:
        """Open nothing yet.

        Args:
            out: where to; the suffix is the format.
            result: where the result itself goes.
            source: of the footage.
            encoder: how it is encoded.
            coding: how the result holds its pixels.
            mark: what the video says about itself.

        Raises:
            OutputError: see `video_writer.check`, and if it would replace the result.
        """
        if out.absolute() == result.absolute():
            raise errors.OutputError(f"{out} is the result itself: choose another name for one.")
        wide = dataclasses.replace(source, width=2 * source.width)
        super().__init__(out, source=wide, encoder=encoder, mark=mark)
        self._halves = coding

    def compare(
        self,
        original: originals.Original[av.VideoFrame],
        painted: canvas.Canvas[av.VideoFrame] | None,
    ) -> None:
        """Encode a frame beside what became of it.

        Args:
            original: with its planes from before the painting where a face changed.
            painted: the changed frame, or None if nothing changed.

        Raises:
            ValueError: if a face changed and the planes from before are not there.
        """
        if painted is None:
            frame = colorimetry.to_coding(original.picture, coding=self._halves)
            left = right = planes.views(frame)
        elif original.before is None:
            raise ValueError("`original` must have its planes from before: see `keeps_before`.")
        else:
            left, right = original.before, planes.views(painted.picture)
        codes = [np.hstack(pair) for pair in zip(left, right, strict=True)]
        self.encode(colorimetry.frame_from_codes(codes, coding=self._halves), pts=original.pts)
