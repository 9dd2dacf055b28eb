# pyright: strict
"""`jaxswap.convert` and `jaxswap.convert_many`: footage + run -> swapped videos."""

import contextlib
from collections.abc import Sequence

from jaxswap import config, runs, spans
from jaxswap.api import paths, swaps
from jaxswap.conversion import pipeline, report
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies
from jaxswap.scale import conversion as scaled


def convert(
    footage: paths.AnyPath,
    out: paths.AnyPath,
    *,
    run: paths.AnyPath,
    swap: swaps.Swap,
    options: config.ConvertConfig = config.ConvertConfig(),
    faces: config.FacesConfig = config.FacesConfig(),
    start: spans.Number = 0,
    end: spans.Number | None = None,
    frame_rate: spans.Number | None = None,
    side_by_side: paths.AnyPath | None = None,
    events: Events | None = None,
) -> report.ConversionReport:
    """Put the faces of identities on people in footage. The output is marked as synthetic.

    Args:
        footage: video, image or folder of images.
        out: a video or image, as the footage is; a name without a suffix is a folder of images.
        run: the run folder of the trained model.
        swap: `("a", "b")` puts b's face on one person, whom `options.track` chooses and who is
            called a. A mapping from people to identities finds each person, and leaves all others
            as they are. A person is the path of a picture, a number that `faces` gives, or an
            identity of the run.
        options: how faces are put into frames.
        faces: how they are found.
        start: where the part that is converted begins: seconds, or text such as "1:30.5".
        end: where it ends; None is the end of the footage.
        frame_rate: images a second (25, "30000/1001") of a folder that is a film, whose faces are
            followed; None if its images have nothing to do with each other.
        side_by_side: where a second video goes, which shows the footage beside the result.
        events: hears of each frame.

    Raises:
        FootageError: if the footage cannot be read, or a person is not known.
        MissingExtraError: if recognising somebody takes a package that is not installed.
        NoFaceError: if there is no face to replace.
        OutputError: if the output cannot be written; what was there before is as it was.
        RunError: if the run does not know an identity or has no checkpoint.
        ValueError: if a time or rate is none, or nobody is named.
    """
    span = spans.between(start, end)
    rate = None if frame_rate is None else spans.frame_rate(frame_rate)
    written = paths.place(out)
    with contextlib.ExitStack() as stack:
        copies = stack.enter_context(local_copies.LocalCopies())
        source = copies.fetch(paths.place(footage))
        output = copies.new if source.is_dir() or not written.suffix else copies.output
        local = stack.enter_context(output(written))
        beside = None
        if side_by_side is not None:
            beside = stack.enter_context(copies.output(paths.place(side_by_side)))
        opened = runs.Run.open(copies.fetch(paths.place(run)))
        return pipeline.convert(
            source,
            run=opened,
            swaps=swaps.resolve(swap, run=opened, faces=faces, copies=copies),
            out=local,
            options=options,
            faces=faces,
            span=span,
            frame_rate=rate,
            beside=beside,
            events=SILENT if events is None else events,
        )


def convert_many(
    footage: Sequence[paths.AnyPath],
    out: paths.AnyPath,
    *,
    run: paths.AnyPath,
    swap: tuple[str, str],
    options: config.ConvertConfig = config.ConvertConfig(),
    faces: config.FacesConfig = config.FacesConfig(),
    scale: config.ScaleConfig = config.ScaleConfig(),
    beam_options: Sequence[str] = (),
    events: Events | None = None,
) -> scaled.ManyConversionReport:
    """Convert much or long footage in segments on Apache Beam, and join them to videos.

    Footage that cannot be converted is listed in OUT.failed.jsonl.

    Args:
        footage: videos, patterns, or .txt files with a path a line.
        out: folder of the videos, each under the name of its footage; no URL, like all that workers
            share.
        run: the run folder of the trained model.
        swap: who is in the footage and whose face is put on, by the names of the identities.
        options: how faces are put into frames.
        faces: how they are found.
        scale: how footage is cut.
        beam_options: as Apache Beam takes them.
        events: hears of each segment.

    Raises:
        FootageError: if a list is empty, or two videos have the same name.
        MissingExtraError: if Apache Beam is not installed.
        OutputError: if `out` is a file.
        PlaceError: if a path is a URL.
        RunError: if the run does not know the identities or has no checkpoint.
    """
    from_identity, to_identity = swap
    job = scaled.ConvertJob(
        run=paths.shared(run).absolute(),
        from_identity=from_identity,
        to_identity=to_identity,
        options=options,
        faces=faces,
    )
    return scaled.convert(
        [paths.shared(path) for path in footage],
        paths.shared(out),
        job=job,
        scale=scale,
        beam_options=beam_options,
        events=SILENT if events is None else events,
    )
