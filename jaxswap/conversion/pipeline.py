"""Conversion: footage in, the same footage with another face out, as a stream.

Seven stages run at the same time: read, find faces, cut them out, swap in batches, sample colours,
paint, write; and an eighth, if a video is wanted that shows the footage beside the result.
Cutting and painting, where frames don't depend on each other, have several threads. A bounded
number of frames is between the stages, so memory does not grow with the length of the footage.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from jaxswap import config, footage, runs, spans
from jaxswap.conversion import (
    assignment,
    frame_stages,
    outputs,
    report,
    side_by_side,
    stages,
    swapper,
)
from jaxswap.events import SILENT, Events
from jaxswap.provenance import marks

_BOUND = 4  # frames that wait between two stages
_MOST_WORKERS = 4  # of one stage: more frames in hand cost memory, and other stages are slower


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
) -> report.ConversionReport:
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
        events: hears how many frames are written.

    Raises:
        FootageError: if the source cannot be read.
        MissingExtraError: if people are named by examples and dlib is not installed.
        NoFaceError: if there is no face to replace in all of it; nothing is written.
        OutputError: if the output cannot be written; what was there before is as it was.
        RunError: if the run does not know the identities or has no checkpoint.
        Stopped: if `events` wants to stop; what was there before is as it was.
    """
    start = time.monotonic()
    reader = footage.FrameReader(source, span=span, frame_rate=frame_rate)
    identities = [swap.identity for swap in swaps]
    for identity in identities:
        run.check_identity(identity)
    model, fingerprint = _load(run, identities, batch_size=options.batch_size)
    mark = marks.Mark(
        run_fingerprint=fingerprint,
        swaps=tuple(
            marks.MarkedSwap(person=marks.fitting(swap.person.name), identity=swap.identity)
            for swap in swaps
        ),
    )
    output = outputs.make(reader.info, out, mark=mark, options=options, span=span)
    pair = None
    if beside is not None:
        pair = outputs.make_side_by_side(output, beside, mark=mark, options=options)
    work = frame_stages.FrameStages(
        reader=reader,
        run=run.config,
        options=options,
        faces=faces,
        swaps=swaps,
    )
    frames = swapped = 0
    start_s = 0.0
    with contextlib.ExitStack() as stack:
        stack.enter_context(output)
        if pair is not None:
            stack.enter_context(pair)
        line = stack.enter_context(stages.Line())
        written = events.counted(
            stream(work, line, model=model, output=output, pair=pair),
            f"Converting {source.name}",
            total=lambda: reader.num_frames,
            note=lambda: f"slowest: {line.slowest.name}" if line.slowest else "",
        )
        stack.callback(written.close)  # progress ends before an error is shown
        for changed in written:
            start_s = start_s or time.monotonic() - start
            frames += 1
            swapped += changed
        if not swapped:
            raise work.no_face()
    reader.notices.add(*output.notices.lines)
    return report.ConversionReport(
        frames=frames,
        swapped=swapped,
        swaps=work.swap_reports(),
        notices=reader.notices.lines,
        seconds=time.monotonic() - start,
        start_s=start_s,
        stage_s={stage.name: stage.busy_s / frames for stage in line.stages},
    )


def stream(
    work: frame_stages.FrameStages,
    line: stages.Line,
    *,
    model: swapper.Swapper,
    output: outputs.Output,
    pair: side_by_side.SideBySide | None = None,
) -> Iterator[bool]:
    """All stages, each in threads of its own: whether a face changed in each frame written.

    Args:
        work: what the stages do.
        line: runs them.
        model: makes the faces.
        output: where frames are written.
        pair: where they are shown beside the footage, if that is wanted.
    """
    pool = {"workers": workers(), "bound": max(_BOUND, 2 * workers())}
    frames = line.ahead("read", work.reader, bound=_BOUND)
    assigned = line.ahead("find faces", work.assign(frames), bound=_BOUND)
    cut = line.mapped("cut faces", lambda frame: work.cut(frame, output), assigned, **pool)
    swapped = line.ahead("swap", work.swap(cut, model), bound=_BOUND, prepare=model.warm_up)
    colored = line.ahead("sample colours", work.sample_colors(swapped), bound=_BOUND)
    painted = line.mapped("paint", lambda frame: work.paint(*frame, output), colored, **pool)
    written = line.ahead("write", work.write(painted, output), bound=_BOUND)
    if pair is not None:
        written = line.ahead("write side by side", work.compare(written, pair), bound=_BOUND)
    return (changed is not None for _, changed in written)


def workers() -> int:
    """Threads of a stage that has several."""
    return min(_MOST_WORKERS, stages.cores())


def _load(
    run: runs.Run, identities: Sequence[str], *, batch_size: int
) -> tuple[swapper.Swapper, str]:
    """The model with the decoders that are needed, and the fingerprint of all parameters."""
    params, _ = run.load_params()
    model = swapper.Swapper(params, run.config.model, identities=identities, batch_size=batch_size)
    return model, runs.parameters_sha256(params)
