"""Segments on Apache Beam: each leaves one file under its key, or a word on why it could not.

A result gets its name when it is complete, and a key always has the same result: bundles that are
retried, or done twice, write nothing twice, and a run that was stopped goes on.
"""

import collections
import contextlib
import json
import logging
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable
from unittest import mock

import av.error

from jaxswap import errors, files
from jaxswap.events import SILENT, Events
from jaxswap.scale import segments

QUIET = "--default_sdk_harness_log_level=ERROR"

_FAILED = ".failed.json"
_STOP = "stop"  # a file that all workers see
_LOOK_S = 1.0  # between two looks at what is finished


@runtime_checkable
class Job(Protocol):
    """What is done to every segment; it travels to the workers."""

    @property
    def suffix(self) -> str:
        """Of the results."""
        ...

    def load(self) -> Callable[[segments.Segment, Path], object]:
        """The work, with its models: a function that writes a segment's result to a path."""
        ...


def run(
    job: Job,
    cut: Sequence[segments.Segment],
    folder: Path,
    *,
    beam_options: Sequence[str],
    events: Events = SILENT,
) -> dict[str, str]:
    """Do `job` to all segments, and tell why some could not, by their keys.

    Args:
        job: what is done.
        cut: the segments.
        folder: where results are, as KEY and the job's suffix; all workers must reach it.
        beam_options: as Apache Beam takes them.
        events: is told how many segments are finished, from a thread.

    Raises:
        MissingExtraError: if Apache Beam is not installed.
        Stopped: if `events` says so; what is finished stays, and the next call goes on.
    """
    try:
        import apache_beam as beam  # pyright: ignore[reportMissingImports]  # an extra
        from apache_beam.options import (  # pyright: ignore[reportMissingImports]
            pipeline_options,
        )
    except ImportError as error:
        raise errors.MissingExtraError(
            'Work at scale needs Apache Beam: pip install "jaxswap[beam]"'
        ) from error

    folder.mkdir(parents=True, exist_ok=True)
    (folder / _STOP).unlink(missing_ok=True)
    for segment in cut:  # an earlier run's: the footage may be readable by now
        _failed(folder, segment).unlink(missing_ok=True)
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    left = [segment for segment in cut if not done(folder, segment, job)]
    options = pipeline_options.PipelineOptions([QUIET, *beam_options])
    mode = options.view_as(pipeline_options.DirectOptions).direct_running_mode
    with (
        _told(left, folder, job, events),
        _fit_for_a_shell() if mode == "multi_processing" else contextlib.nullcontext(),
        beam.Pipeline(options=options) as pipeline,
    ):
        _ = (
            pipeline
            | "List" >> beam.Create(left)
            | "Spread" >> beam.Reshuffle()
            | "Work" >> beam.Map(Worker(job, folder))
        )
    said = {segment.key: reason(folder, segment) for segment in cut}
    return {key: reason for key, reason in said.items() if reason is not None}


@contextlib.contextmanager
def _fit_for_a_shell() -> Iterator[None]:
    """Quote the interpreter's path: Beam gives it to a shell as it is, to start its processes.

    Where it has a space none would start, and Beam would wait for them for ever.
    """
    with mock.patch.object(sys, "executable", shlex.quote(sys.executable)):
        yield


@contextlib.contextmanager
def _told(
    left: Sequence[segments.Segment], folder: Path, job: Job, events: Events
) -> Iterator[None]:
    """Tell of finished segments, by the files that appear: whoever writes them, wherever they are.

    A thread looks for the files, since Beam keeps the caller's thread until all is done. Where the
    caller wants to stop, the thread leaves a file that lets all workers leave out what is left.
    """
    over = threading.Event()

    def finished() -> Iterator[str]:
        waited = {segment.key for segment in left}
        is_over = False
        while waited and not is_over:
            is_over = over.wait(_LOOK_S)
            there = {path.name for path in folder.iterdir()}
            ended = {key for key in waited if {f"{key}{job.suffix}", f"{key}{_FAILED}"} & there}
            waited -= ended
            yield from ended

    def tell() -> None:
        counted = events.counted(finished(), "Working", total=len(left), unit="segments")
        try:
            collections.deque(counted, maxlen=0)
        except errors.Stopped:
            (folder / _STOP).touch()

    thread = threading.Thread(target=tell, name="segments", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if (folder / _STOP).exists():
        raise errors.Stopped


class Worker:
    """What one worker does with a segment. Beam makes one for each thread, which keeps its models.

    It is no DoFn, so that this module can be imported without Apache Beam.
    """

    def __init__(self, job: Job, folder: Path) -> None:
        self._job, self._folder = job, folder
        self._work: Callable[[segments.Segment, Path], object] | None = None

    def __call__(self, segment: segments.Segment) -> None:
        """Write the segment's result, unless a bundle before did or all shall stop."""
        if (self._folder / _STOP).exists():
            return
        if done(self._folder, segment, self._job) or reason(self._folder, segment) is not None:
            return
        self._work = self._work or self._job.load()
        attempt(self._work, segment, self._folder, suffix=self._job.suffix)


def attempt(
    work: Callable[[segments.Segment, Path], object],
    segment: segments.Segment,
    folder: Path,
    *,
    suffix: str,
) -> None:
    """Write a segment's result, or why there is none."""
    try:
        with files.replacing(folder / f"{segment.key}{suffix}") as partial:
            work(segment, partial)
    except (errors.FootageError, errors.OutputError, av.error.FFmpegError) as error:
        files.write_json(_failed(folder, segment), {"reason": " ".join(str(error).split())})


def result(folder: Path, segment: segments.Segment, job: Job) -> Path:
    """Where a segment's result is."""
    return folder / f"{segment.key}{job.suffix}"


def done(folder: Path, segment: segments.Segment, job: Job) -> bool:
    """Whether a segment has its result."""
    return result(folder, segment, job).is_file()


def reason(folder: Path, segment: segments.Segment) -> str | None:
    """Why a segment has no result; None if nothing failed."""
    path = _failed(folder, segment)
    return json.loads(path.read_text(encoding="utf-8"))["reason"] if path.is_file() else None


def _failed(folder: Path, segment: segments.Segment) -> Path:
    return folder / f"{segment.key}{_FAILED}"
