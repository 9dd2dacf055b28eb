"""Much footage, or long footage, converted by many workers: in segments, which are then joined."""

import collections
import dataclasses
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import av.error

from jaxswap import config, errors, footage, notices, runs
from jaxswap.conversion import (
    assignment,
    encoders,
    frame_stages,
    outputs,
    pipeline,
    segment_output,
    sources,
    stages,
    swapper,
    video_writer,
)
from jaxswap.events import SILENT, Events
from jaxswap.provenance import marks
from jaxswap.scale import failures, running, segments
from jaxswap.vision import people

_BROKEN = (errors.FootageError, errors.NoFaceError, errors.OutputError, av.error.FFmpegError)
"""What leaves one video out and not those after it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ManyConversionReport:
    """What came of it: videos, their frames, and those in which a face changed."""

    videos: int
    frames: int
    swapped: int
    failed: tuple[failures.Failure, ...]
    """What was not converted."""
    notices: tuple[str, ...]
    """What of the converted footage was left out, changed or not read, a line each."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertJob:
    """Putting a face on the frames of segments."""

    run: Path
    """Run folder, which all workers reach."""
    from_identity: str
    to_identity: str
    options: config.ConvertConfig
    faces: config.FacesConfig
    suffix: str = ".zip"

    def load(self) -> Callable[[segments.Segment, Path], None]:
        """The work on a segment, with the model."""
        run = runs.Run.open(self.run)
        run.check_identity(self.to_identity)
        params, _ = run.load_params(identities=[self.to_identity])
        model = swapper.Swapper(
            params,
            run.config.model,
            identities=[self.to_identity],
            batch_size=self.options.batch_size,
        )
        return lambda segment, path: self._write(segment, path, run, model)

    def _write(
        self, segment: segments.Segment, path: Path, run: runs.Run, model: swapper.Swapper
    ) -> None:
        reader = footage.FrameReader(segment.path, span=segment.read)
        source = sources.of(reader.info)
        output = segment_output.SegmentOutput(
            path,
            source=source,
            encoder=encoders.of(self.options),
            suffix=_suffix(segment.path, self.options.codec),
            bounds=segments.ticks(segment, source.time_base),
        )
        work = frame_stages.FrameStages(
            reader=reader,
            run=run.config,
            options=self.options,
            faces=self.faces,
            swaps=[self.swap()],
        )
        with output, stages.Line() as line:
            try:
                collections.deque(pipeline.stream(work, line, model=model, output=output), maxlen=0)
            except errors.NoFrameError as error:  # the headers say that the video is longer
                if not segment.kept.start_s:
                    raise
                output.notices.add(str(error))
            output.notices.add(*reader.notices.lines)

    def swap(self) -> assignment.Swap:
        """Who gets whose face."""
        return assignment.Swap(
            person=people.Person(name=self.from_identity), identity=self.to_identity
        )


def convert(
    footages: Sequence[Path],
    out: Path,
    *,
    job: ConvertJob,
    scale: config.ScaleConfig,
    beam_options: Sequence[str] = (),
    events: Events = SILENT,
) -> ManyConversionReport:
    """Put a face on a person in much footage, each video under its name in the folder `out`.

    Times, sound, subtitles and marks are those of `pipeline.convert`. Footage of which a segment
    cannot be converted is left out and told of in OUT.failed.jsonl.
    Results of segments wait in OUT/.segments until all is done, so that the same call goes on where
    it was stopped.

    Args:
        footages: each what `segments.listed` takes.
        out: folder, which all workers reach.
        job: what is done.
        scale: how footage is cut.
        beam_options: as Apache Beam takes them.
        events: is told how many segments are finished, from a thread.

    Raises:
        FootageError: if a list is empty, or two videos have the same name.
        MissingExtraError: if Apache Beam is not installed.
        OutputError: if `out` is a file.
        RunError: if the run does not know the identities or has no checkpoint.
        Stopped: if `events` says so; the same call goes on.
    """
    run = runs.Run.open(job.run)
    assignment.of_one(run, job.from_identity, job.to_identity)
    fingerprint = run.fingerprint()
    mark = marks.Mark(
        run_fingerprint=fingerprint,
        swaps=(marks.MarkedSwap(person=job.from_identity, identity=job.to_identity),),
    )
    paths = sorted({path for what in footages for path in segments.listed(what)})
    places = _places(paths, out, codec=job.options.codec)
    folder = _folder(out)
    cut, failed = _cut(paths, places, job, scale, fingerprint)
    everything = [segment for parts in cut.values() for segment in parts]
    reasons = running.run(job, everything, folder, beam_options=beam_options, events=events)
    noticed = notices.Notices()
    frames = swapped = videos = 0
    for path, parts in cut.items():
        broken = [failures.of(part, reasons[part.key]) for part in parts if part.key in reasons]
        failed += broken
        if broken:
            continue
        found = [running.result(folder, part, job) for part in parts]
        try:
            results = [segment_output.EncodedSegment.open(one) for one in found]
            lines = _join(path, places[path], results, job=job, mark=mark)
        except _BROKEN as error:
            reason = " ".join(str(error).split())
            failed.append(failures.Failure(path=str(path), start_s=None, reason=reason))
            continue
        lines = (*(line for one in results for line in one.notices), *lines)
        noticed.add(*(f"{path}: {line}" for line in lines))
        videos += 1
        frames += sum(one.frames for one in results)
        swapped += sum(one.swapped for one in results)
    failures.write(out, failed)
    if not failed:
        shutil.rmtree(folder)
    return ManyConversionReport(
        videos=videos,
        frames=frames,
        swapped=swapped,
        failed=tuple(failed),
        notices=noticed.lines,
    )


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.OutputError(
            f"{out} cannot be a folder ({error.strerror}). Choose another place."
        ) from error
    return out.absolute() / ".segments"


def _places(paths: Sequence[Path], out: Path, *, codec: config.Codec) -> dict[Path, Path]:
    places = {path: out / f"{path.stem}{_suffix(path, codec)}" for path in paths}
    if len(set(places.values())) < len(paths):
        raise errors.FootageError(
            "Two videos have the same name and would become one. Rename one, or convert them to "
            "different folders."
        )
    return places


def _suffix(path: Path, codec: config.Codec) -> str:
    """The video's own, where that can be written and holds the codec."""
    own = path.suffix.lower()
    return own if own in encoders.SUFFIXES[codec] else encoders.SUFFIXES[codec][-1]


def _cut(
    paths: Sequence[Path],
    places: dict[Path, Path],
    job: ConvertJob,
    scale: config.ScaleConfig,
    fingerprint: str,
) -> tuple[dict[Path, list[segments.Segment]], list[failures.Failure]]:
    settings = [config.to_dict(job.options), config.to_dict(job.faces), fingerprint]
    settings += [job.from_identity, job.to_identity]
    cut: dict[Path, list[segments.Segment]] = {}
    failed = []
    for number, path in enumerate(paths):
        try:
            video_writer.check(places[path], source=path, codec=job.options.codec)
            if footage.probe(path).kind != "video":
                raise errors.FootageError(f"{path} is no video. Convert images by themselves.")
            cut[path] = segments.cut(path.absolute(), number, scale=scale, settings=settings)
        except _BROKEN as error:
            reason = " ".join(str(error).split())
            failed.append(failures.Failure(path=str(path), start_s=None, reason=reason))
    return cut, failed


def _join(
    path: Path,
    out: Path,
    parts: Sequence[segment_output.EncodedSegment],
    *,
    job: ConvertJob,
    mark: marks.Mark,
) -> tuple[str, ...]:
    """Write one video from its parts, with the sound of its footage; no picture is encoded.

    Returns:
        What could not be taken over, in words.
    """
    if not any(part.swapped for part in parts):
        raise errors.NoFaceError(f"{path} shows no face that could be replaced.")
    info = footage.probe(path)
    source = sources.of(info, sound=job.options.sound)
    output = outputs.VideoOutput(out, source=source, encoder=encoders.of(job.options), mark=mark)
    with output:
        for part in parts:
            if part.headers != output.headers:
                raise errors.OutputError(
                    f"{part.path} was made by another version of the encoder. Let all workers have "
                    "the same packages, and delete the folder that it is in."
                )
        output.mux(segment_output.joined(parts, time_base=source.time_base, zero=source.zero))
    return output.notices.lines
