"""What happens to a frame on its way through a conversion, stage by stage.

A frame is read, then assigned (whose faces change), cut, swapped, coloured, painted and written.
"""

import collections
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence

import cv2
import numpy as np

from jaxswap import config, errors, footage
from jaxswap.conversion import (
    assignment,
    batching,
    canvas,
    face_views,
    originals,
    outputs,
    paste,
    report,
    side_by_side,
    swapper,
)
from jaxswap.conversion.color import matching, window
from jaxswap.types import Image, Mask
from jaxswap.vision import watching

_HELD_BATCHES = 2  # frames that wait for a batch to fill, in batches: faces may be rare

SwappedFace = tuple[Image, Mask | None]
"""What the model made of one face, and its mask of it, if it has one."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CutFrame:
    """What is kept of a frame, and the views of its faces that change."""

    original: originals.Original
    time_s: float
    views: list[face_views.FaceView]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SwappedFrame:
    """A cut frame, and what the model made of each of its views."""

    cut: CutFrame
    faces: list[SwappedFace]


ColoredFrame = tuple[SwappedFrame, dict[int, matching.Sample]]
"""A swapped frame, and the pixels by which the colours of each track are matched."""

PaintedFrame = tuple[originals.Original, canvas.Canvas | None]
"""A frame, and what became of it if a face changed."""


@dataclasses.dataclass(kw_only=True)
class FrameStages:
    """The stages, each a generator over what the one before it makes, or a function of a frame."""

    reader: footage.FrameReader
    run: config.Config
    options: config.ConvertConfig
    faces: config.FacesConfig
    swaps: Sequence[assignment.Swap]
    _frames_of: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    _faces_of: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    _assignment: assignment.Assignment | None = None

    def assign(self, frames: Iterable[footage.Frame]) -> Iterator[assignment.AssignedFrame]:
        """Each frame with the faces in it that will change."""
        self._assignment = assignment.make(
            self.swaps,
            track=self.options.track,
            max_gap_s=self.faces.max_gap_s,
            info=self.reader.info,
        )
        seen = watching.watch(self.reader, self.faces, frames=frames)
        for assigned in self._assignment.assigned(seen):
            swaps = [position for _, position in assigned.faces]
            self._faces_of.update(swaps)
            self._frames_of.update(set(swaps))
            yield assigned

    def cut(self, assigned: assignment.AssignedFrame, output: outputs.Output) -> CutFrame:
        """The faces as the model sees them."""
        frame = assigned.frame
        views = [
            face_views.cut(
                face,
                frame.image_u8,
                identity=self.swaps[position].identity,
                size=self.run.model.image_size,
                coverage=self.run.augmentation.coverage,
            )
            for face, position in assigned.faces
        ]
        return CutFrame(original=output.keep(frame), time_s=frame.time_s, views=views)

    def swap(self, cut: Iterable[CutFrame], model: swapper.Swapper) -> Iterator[SwappedFrame]:
        """What the model makes of the faces, in full batches where faces are not too rare."""
        parts = ((frame, [(view.identity, view) for view in frame.views]) for frame in cut)
        batcher = batching.Batcher(
            functools.partial(_call, model),
            size=self.options.batch_size,
            most_held=_HELD_BATCHES * self.options.batch_size,
        )
        for frame, faces in batcher.batched(parts):
            yield SwappedFrame(cut=frame, faces=faces)

    def sample_colors(self, swapped: Iterable[SwappedFrame]) -> Iterator[ColoredFrame]:
        """What the colours of each face are matched by, from its frame and those around it.

        Single pictures say nothing of each other's colours.
        """
        if self.options.color == "none":
            return ((frame, {}) for frame in swapped)
        moments = (
            window.Moment(item=frame, time_s=frame.cut.time_s, samples=_samples(frame))
            for frame in swapped
        )
        sigma_s = self.options.color_smoothing_s if self.reader.info.moves else 0.0
        return window.pooled(moments, sigma_s=sigma_s)

    def paint(
        self, swapped: SwappedFrame, colors: dict[int, matching.Sample], output: outputs.Output
    ) -> PaintedFrame:
        """The swapped faces in their frame; one in which nothing changes has no canvas."""
        original = swapped.cut.original
        if not swapped.faces:
            return original, None
        paster = paste.Paster(self.options, self.run.augmentation.coverage)
        painted = output.open_canvas(original)
        for view, (face, mask) in zip(swapped.cut.views, swapped.faces, strict=True):
            paster.paste(painted, view, face, learned_mask=mask, colors=colors.get(view.track))
        return original, painted

    def write(
        self, painted: Iterable[PaintedFrame], output: outputs.Output
    ) -> Iterator[PaintedFrame]:
        """The same, once it is written."""
        return _after(output.write, painted)

    def compare(
        self, written: Iterable[PaintedFrame], pair: side_by_side.SideBySide
    ) -> Iterator[PaintedFrame]:
        """The same, once it is shown beside its original."""
        return _after(pair.compare, written)

    def swap_reports(self) -> tuple[report.SwapReport, ...]:
        """What was done to each person so far."""
        return tuple(
            report.SwapReport(
                person=swap.person.name,
                identity=swap.identity,
                frames=self._frames_of[position],
                faces=self._faces_of[position],
            )
            for position, swap in enumerate(self.swaps)
        )

    def no_face(self) -> errors.NoFaceError:
        """What to say when no frame changed."""
        if self._assignment is not None and self._assignment.saw_faces:
            return errors.NoFaceError(self._assignment.nobody())
        return errors.NoFaceError(
            f"No face in {self.reader.info.path} above the score {self.faces.min_score:g}. Lower "
            "--faces.min-score or --faces.min-face-px, or choose other footage."
        )


def _after(
    do: Callable[[originals.Original, canvas.Canvas | None], None], frames: Iterable[PaintedFrame]
) -> Iterator[PaintedFrame]:
    """Each frame, once something is done with it."""
    for original, changed in frames:
        do(original, changed)
        yield original, changed


def _samples(swapped: SwappedFrame) -> dict[int, matching.Sample]:
    return {
        view.track: paste.sample(view, face, learned_mask=mask)
        for view, (face, mask) in zip(swapped.cut.views, swapped.faces, strict=True)
    }


def _call(
    model: swapper.Swapper, identity: str, views: Sequence[face_views.FaceView]
) -> list[SwappedFace]:
    views_u8 = np.stack([view.view_u8 for view in views])
    size = views_u8.shape[1]
    ovals = None
    if model.needs_masks:
        ovals = np.stack(
            [cv2.resize(view.oval_u8, (size, size), interpolation=cv2.INTER_AREA) for view in views]
        )[..., None]
    faces, masks = model.swap(views_u8, identity=identity, masks_u8=ovals)
    return [(face, None if masks is None else masks[i]) for i, face in enumerate(faces)]
