"""Conversion: footage in, the same footage with another face out, as a stream.

Six stages run at the same time: read, find faces, cut them out, swap in batches, paint, write; and
a seventh, if a video is wanted that shows the footage beside the result.
Cutting and painting, where frames don't depend on each other, have several threads. A bounded
number of frames is between the stages, so memory does not grow with the length of the footage.
"""

import collections
import contextlib
import dataclasses
import functools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from jaxswap import config, errors, footage, runs, spans
from jaxswap.conversion import (
    assignment,
    batching,
    canvas,
    originals,
    outputs,
    paste,
    side_by_side,
    sightings,
    stages,
    swapper,
)
from jaxswap.conversion.color import matching, window
from jaxswap.events import SILENT, Events
from jaxswap.provenance import marks
from jaxswap.types import Image, Mask
from jaxswap.vision import finding, steadying

_BOUND = 4  # frames that wait between two stages
_MOST_WORKERS = 4  # of one stage: more frames in hand cost memory, and other stages are slower
_HELD_BATCHES = 2  # frames that wait for a batch to fill, in batches: faces may be rare


@dataclasses.dataclass(frozen=True, kw_only=True)
class SwapReport:
    """What was done to one person."""

    person: str
    """Who, as they were named."""
    identity: str
    """Whose face was put on."""
    frames: int
    """Frames or images in which it was."""
    faces: int
    """Faces that changed; more than frames where everybody's does."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConversionReport:
    """What was done."""

    frames: int
    """Frames or images written."""
    swapped: int
    """Those in which a face changed."""
    swaps: tuple[SwapReport, ...]
    """The same by person, in the order in which they were asked for."""
    lost: str | None
    """What could not be read or taken over, in words."""
    seconds: float
    """How long it took."""
    start_s: float
    """How much of that went by before the first frame was written: loading and compiling."""
    stage_s: Mapping[str, float]
    """Seconds of each stage's own work on a frame, in order; what several threads share is divided
    by their number, so that 1 / the largest is the rate that the stages could reach."""

    @property
    def slowest(self) -> str:
        """The stage that the others wait for."""
        return max(self.stage_s, key=self.stage_s.__getitem__)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """A frame and the faces in it that will change."""

    frame: footage.Frame
    faces: assignment.Assigned


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What is kept of the frame, and its faces as the model sees them."""

    original: originals.Original
    time_s: float
    sightings: list[sightings.Sighting]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Swapped:
    """The same with what the model made of them."""

    seen: _Seen
    faces: list[tuple[Image, Mask | None]]


_Colored = tuple[_Swapped, dict[int, matching.Sample]]
"""The same with the pixels by which the colours of each track are matched."""

_Painted = tuple[originals.Original, canvas.Canvas | None]
"""A frame, and what became of it if a face changed."""


def convert(
    source: Path,
    *,
    run: runs.Run,
    swaps: Sequence[assignment.Swap],
    out: Path,
    options: config.ConvertConfig,
    faces: config.FacesConfig,
    span: spans.Span = spans.WHOLE,
    frame_rate: Fraction | None = None,
    beside: Path | None = None,
    events: Events = SILENT,
) -> ConversionReport:
    """Put the faces of identities on people in footage.

    Args:
        source: video, image or folder of images.
        run: the trained model.
        swaps: who gets whose face: people who are named by tracks or examples, or one whom
            `options.track` chooses.
        out: where to, see `outputs.make`; it appears when it is complete.
        options: how faces are put into frames.
        faces: how they are found.
        span: the part of the source that is converted.
        frame_rate: images a second of a folder that is a film; None if they are unrelated.
        beside: where a video of the source beside the result goes, if one is wanted.
        events: hears of each frame.

    Raises:
        FootageError: if the source cannot be read.
        MissingExtraError: if people are named by examples and dlib is not installed.
        NoFaceError: if there is no face to replace in all of it; nothing is written.
        OutputError: if the output cannot be written; what was there before is as it was.
        RunError: if the run does not know the identities or has no checkpoint.
    """
    start = time.monotonic()
    reader = footage.FrameReader(source, span=span, frame_rate=frame_rate)
    decoders = [run.index(swap.identity) for swap in swaps]
    model, fingerprint = _load(run, decoders, batch_size=options.batch_size)
    mark = marks.Mark(
        run_fingerprint=fingerprint,
        swaps=tuple(
            marks.MarkedSwap(person=swap.person.name, identity=swap.identity) for swap in swaps
        ),
    )
    output = outputs.make(reader.info, out, mark=mark, options=options, span=span)
    pair = None
    if beside is not None:
        pair = outputs.make_side_by_side(output, beside, mark=mark, options=options)
    work = Work(
        reader=reader,
        run=run.config,
        options=options,
        faces=faces,
        swaps=swaps,
        decoders=decoders,
    )
    frames = swapped = 0
    start_s = 0.0
    with contextlib.ExitStack() as stack:
        stack.enter_context(output)
        if pair is not None:
            stack.enter_context(pair)
        line = stack.enter_context(stages.Line())
        shown = events.counted(
            work.written(line, model, output, pair),
            f"Converting {source.name}",
            total=reader.num_frames,
            note=lambda: f"slowest: {line.slowest.name}" if line.slowest else "",
        )
        stack.callback(shown.close)  # the bar ends before an error is shown
        for changed in shown:
            start_s = start_s or time.monotonic() - start
            frames += 1
            swapped += changed
        if not swapped:
            raise work.no_face()
    lost = [*([reader.lost] if reader.lost else []), *output.lost]
    return ConversionReport(
        frames=frames,
        swapped=swapped,
        swaps=tuple(
            SwapReport(
                person=swap.person.name,
                identity=swap.identity,
                frames=work.frames_of[position],
                faces=work.faces_of[position],
            )
            for position, swap in enumerate(swaps)
        ),
        lost="; ".join(lost) or None,
        seconds=time.monotonic() - start,
        start_s=start_s,
        stage_s={stage.name: stage.busy_s / frames for stage in line.stages},
    )


def _load(
    run: runs.Run, decoders: Sequence[int], *, batch_size: int
) -> tuple[swapper.Swapper, str]:
    """The model with the decoders that are needed, and the fingerprint of all parameters."""
    params, _ = run.load_params()
    model = swapper.Swapper(params, run.config.model, identities=decoders, batch_size=batch_size)
    return model, runs.parameters_sha256(params)


def workers() -> int:
    """Threads of a stage that has several."""
    return min(_MOST_WORKERS, stages.cores())


@dataclasses.dataclass(kw_only=True)
class Work:
    """The stages, each a generator over what the one before it makes, or a function of an item."""

    reader: footage.FrameReader
    run: config.Config
    options: config.ConvertConfig
    faces: config.FacesConfig
    swaps: Sequence[assignment.Swap]
    decoders: Sequence[int]
    """Of each swap, the index of the identity whose face is put on."""
    frames_of: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    """Frames that each swap changes."""
    faces_of: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    """Faces that each swap changes."""
    _assignment: assignment.Assignment | None = None

    def written(
        self,
        line: stages.Line,
        model: swapper.Swapper,
        output: outputs.Output,
        pair: side_by_side.SideBySide | None,
    ) -> Iterator[bool]:
        """The whole line: whether a face changed in each frame, once that is written."""
        pool = {"workers": workers(), "bound": max(_BOUND, 2 * workers())}
        frames = line.ahead("read", self.reader, bound=_BOUND)
        found = line.ahead("find faces", self.find(frames), bound=_BOUND)
        seen = line.mapped("cut faces", lambda item: self.cut(item, output), found, **pool)
        swapped = line.ahead("swap", self.swap(seen, model), bound=_BOUND, prepare=model.warm_up)
        colored = line.ahead("sample colours", self.sample_colors(swapped), bound=_BOUND)
        painted = line.mapped("paint", lambda item: self.paint(*item, output), colored, **pool)
        written = line.ahead("write", self.write(painted, output), bound=_BOUND)
        if pair is not None:
            written = line.ahead("write side by side", self.compare(written, pair), bound=_BOUND)
        return (changed is not None for _, changed in written)

    def find(self, frames: Iterable[footage.Frame]) -> Iterator[_Found]:
        """Each frame with the faces in it that will change."""
        finder = finding.FaceFinder(self.faces)
        follow = self.reader.info.moves
        self._assignment = assignment.make(
            self.swaps,
            track=self.options.track,
            max_gap_s=self.faces.max_gap_s,
            info=self.reader.info,
        )
        steadied = steadying.steady(
            finder.find_all(frames, follow=follow),
            finder=finder,
            max_gap_s=self.faces.max_gap_s,
            follow=follow,
        )
        for frame, faces in self._assignment.assigned(steadied):
            swaps = [position for _, position in faces]
            self.faces_of.update(swaps)
            self.frames_of.update(set(swaps))
            yield _Found(frame=frame, faces=faces)

    def cut(self, found: _Found, output: outputs.Output) -> _Seen:
        """The faces as the model sees them."""
        cuts = [
            sightings.cut(
                face,
                found.frame.image_u8,
                decoder=self.decoders[position],
                size=self.run.model.image_size,
                coverage=self.run.augmentation.coverage,
            )
            for face, position in found.faces
        ]
        return _Seen(original=output.keep(found.frame), time_s=found.frame.time_s, sightings=cuts)

    def swap(self, seen: Iterable[_Seen], model: swapper.Swapper) -> Iterator[_Swapped]:
        """What the model makes of the faces, in full batches where faces are not too rare."""
        parts = ((item, [(cut.decoder, cut) for cut in item.sightings]) for item in seen)
        batcher = batching.Batcher(
            functools.partial(_call, model),
            size=self.options.batch_size,
            most_held=_HELD_BATCHES * self.options.batch_size,
        )
        for item, faces in batcher.batched(parts):
            yield _Swapped(seen=item, faces=faces)

    def sample_colors(self, swapped: Iterable[_Swapped]) -> Iterator[_Colored]:
        """What the colours of each face are matched by, from its frame and those around it."""
        if self.options.color == "none":
            return ((item, {}) for item in swapped)
        moments = (
            window.Moment(item=item, time_s=item.seen.time_s, samples=_samples(item))
            for item in swapped
        )
        return window.pooled(moments, sigma_s=self.options.color_smoothing_s)

    def paint(
        self, swapped: _Swapped, colors: dict[int, matching.Sample], output: outputs.Output
    ) -> _Painted:
        """The swapped faces in their frame; one in which nothing changes has no canvas."""
        original, faces = swapped.seen.original, swapped.faces
        if not faces:
            return original, None
        paster = paste.Paster(self.options, self.run.augmentation.coverage)
        painted = output.open_canvas(original)
        for cut, (face, mask) in zip(swapped.seen.sightings, faces, strict=True):
            paster.paste(painted, cut, face, learned_mask=mask, colors=colors.get(cut.track))
        return original, painted

    def write(
        self,
        painted: Iterable[_Painted],
        output: outputs.Output,
    ) -> Iterator[_Painted]:
        """The same, once it is written."""
        for original, changed in painted:
            output.write(original, changed)
            yield original, changed

    def compare(
        self, written: Iterable[_Painted], pair: side_by_side.SideBySide
    ) -> Iterator[_Painted]:
        """The same, once it is shown beside its original."""
        for original, changed in written:
            pair.compare(original, changed)
            yield original, changed

    def no_face(self) -> errors.NoFaceError:
        """What to say when no frame changed."""
        path = self.reader.info.path
        if self._assignment is not None and self._assignment.most_faces:
            return errors.NoFaceError(self._assignment.nobody())
        return errors.NoFaceError(
            f"No face in {path} above the score {self.faces.min_score:g}. Lower "
            "`faces.min_score` or `faces.min_face_px`, or choose other footage."
        )


def _samples(swapped: _Swapped) -> dict[int, matching.Sample]:
    return {
        cut.track: paste.sample(cut, face, learned_mask=mask)
        for cut, (face, mask) in zip(swapped.seen.sightings, swapped.faces, strict=True)
    }


def _call(
    model: swapper.Swapper, decoder: int, cuts: Sequence[sightings.Sighting]
) -> list[tuple[Image, Mask | None]]:
    views = np.stack([cut.view_u8 for cut in cuts])
    size = views.shape[1]
    ovals = None
    if model.needs_masks:
        ovals = np.stack(
            [cv2.resize(cut.oval_u8, (size, size), interpolation=cv2.INTER_AREA) for cut in cuts]
        )[..., None]
    faces, masks = model.swap(views, identity=decoder, masks_u8=ovals)
    return [(face, None if masks is None else masks[i]) for i, face in enumerate(faces)]
