"""Much footage to one dataset: segments are searched by many workers, and written in order."""

import dataclasses
import hashlib
import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from jaxswap import config, errors, files
from jaxswap.events import SILENT, Events
from jaxswap.scale import chips, failures, running, segments
from pipelines import dataset


@dataclasses.dataclass(frozen=True, kw_only=True)
class ManyExtractionReport:
    """What came of it: chips by identity, how many footages were used, and what was not."""

    chips: Mapping[str, int]
    used: int
    failed: tuple[failures.Failure, ...]
    notices: tuple[str, ...]
    """What of the used footage was left out, changed or not read, a line each."""


def extract(
    footages: Mapping[str, Path],
    out: Path,
    *,
    options: config.ExtractConfig,
    faces: config.FacesConfig,
    data: config.DataConfig,
    scale: config.ScaleConfig,
    beam_options: Sequence[str] = (),
    events: Events = SILENT,
) -> ManyExtractionReport:
    """Find and cut the faces of much footage and write them as one dataset at `out`.

    The dataset depends on footage and settings alone, not on workers. Footage that cannot be read
    is left out and told of in OUT.failed.jsonl. Results of segments wait beside `out`, on a disk
    that all workers must reach, until the dataset is complete.

    Args:
        footages: what `segments.listed` takes, by the names of the identities.
        out: folder of the dataset.
        options: which faces are taken; a main track is looked for in each segment by itself.
        faces: how they are found.
        data: how the dataset is built.
        scale: how footage is cut.
        beam_options: as Apache Beam takes them.
        events: is told how many segments are finished, from a thread.

    Raises:
        FootageError: if a list is empty.
        FacesetError: if an identity has too few faces.
        MissingExtraError: if Apache Beam is not installed.
        OutputError: if something that is no dataset is at `out`.
        Stopped: if `events` says so; the same call goes on.
    """
    dataset.check(list(footages), out)
    job = chips.ChipJob(options=options, faces=faces, chip_size=data.chip_size)
    folder = out.absolute().with_name(f".{out.name}.segments")
    cut, failed = _cut(footages, job, scale)
    everything = [segment for parts in cut.values() for segment in parts]
    reasons = running.run(job, everything, folder, beam_options=beam_options, events=events)
    failed += [
        failures.of(segment, reasons[segment.key])
        for segment in everything
        if segment.key in reasons
    ]
    found = {
        name: _IdentityChips([s for s in parts if s.key not in reasons], folder, job)
        for name, parts in cut.items()
    }
    failures.write(out, failed)
    dataset.write({name: one.chips(name) for name, one in found.items()}, out, data=data)
    shutil.rmtree(folder)
    return ManyExtractionReport(
        chips={name: int(one.stops[-1]) for name, one in found.items()},
        used=len({segment.source for one in found.values() for segment in one.segments}),
        failed=tuple(failed),
        notices=tuple(dict.fromkeys(line for one in found.values() for line in one.notices)),
    )


def _cut(
    footages: Mapping[str, Path], job: chips.ChipJob, scale: config.ScaleConfig
) -> tuple[dict[str, list[segments.Segment]], list[failures.Failure]]:
    numbers = itertools.count()
    cut: dict[str, list[segments.Segment]] = {}
    failed = []
    settings = [config.to_dict(job.options), config.to_dict(job.faces), job.chip_size]
    for name, what in footages.items():
        cut[name] = []
        for path in segments.listed(what):
            source = next(numbers)
            try:
                cut[name] += segments.cut(path.absolute(), source, scale=scale, settings=settings)
            except (errors.FootageError, av.error.FFmpegError) as error:
                reason = " ".join(str(error).split())
                failed.append(failures.Failure(path=str(path), start_s=None, reason=reason))
    return cut, failed


class _IdentityChips:
    """The chips of one identity, in the order of footage and time; one segment is in memory."""

    def __init__(self, found: list[segments.Segment], folder: Path, job: chips.ChipJob) -> None:
        self.segments = found
        self._paths = [running.result(folder, segment, job) for segment in found]
        read = [chips.times(path) for path in self._paths]
        self._times = [times for times, _ in read]
        self.stops = np.cumsum([0, *(len(times) for times in self._times)])
        self.notices = [
            f"{segment.path}: {line}"
            for segment, (_, noticed) in zip(found, read, strict=True)
            for line in noticed
        ]
        self._held: tuple[int, list[dict[str, Any]]] = (-1, [])

    def chips(self, name: str) -> dataset.Chips:
        """What the dataset takes."""
        digest = hashlib.sha256()
        for segment, path in zip(self.segments, self._paths, strict=True):
            digest.update(f"{segment.number} {files.sha256(path)}\n".encode())
        sources = [
            np.full(len(times), segment.source)
            for segment, times in zip(self.segments, self._times, strict=True)
        ]
        nothing = [np.zeros(0)]
        return dataset.Chips(
            origin=f"The footage of {name}",
            fingerprint=digest.hexdigest(),
            source=np.concatenate([*nothing, *sources]).astype(np.int64),
            time_s=np.concatenate([*nothing, *self._times]),
            examples=self._examples,
        )

    def _examples(self, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
        for position in positions:
            at = int(np.searchsorted(self.stops, position, side="right")) - 1
            if self._held[0] != at:
                self._held = at, list(chips.examples(self._paths[at]))
            yield self._held[1][position - int(self.stops[at])]
