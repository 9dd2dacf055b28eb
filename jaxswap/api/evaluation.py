# pyright: strict
"""`jaxswap.evaluate`: runs and finished videos -> report."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from jaxswap import config, errors, footage, names, runs
from jaxswap.api import paths, run_data
from jaxswap.conversion import assignment, pipeline
from jaxswap.evaluation import clip, clip_results, figures, report, validation_chips
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies
from jaxswap.provenance import marked_pictures
from jaxswap.vision import descriptor, faceset

MAX_CHIPS = 500  # of each identity: more would hardly move the means
MAX_REFERENCES = 100  # pictures of a faceset that say who a person is


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """The figures of a report that was written."""

    path: str
    """The page, report.html."""
    candidates: tuple[str, ...]
    """The names of the runs and videos."""
    figures: tuple[figures.Figure, ...]
    """In the order of the page."""
    notes: tuple[str, ...]
    """What a reader must know beside them."""


def evaluate(
    candidates: Mapping[str, paths.AnyPath],
    out: paths.AnyPath,
    *,
    footage: paths.AnyPath | None = None,
    swap: tuple[str, str] | None = None,
    identities: Mapping[str, paths.AnyPath] | None = None,
    options: config.ConvertConfig = config.ConvertConfig(),
    faces: config.FacesConfig = config.FacesConfig(),
    events: Events | None = None,
) -> EvaluationReport:
    """Measure runs, and finished videos of any tool beside the footage that they were made of.

    Writes report.html (one page with pictures and plots), report.json and CSV tables.

    Args:
        candidates: run folders and finished videos, each under a name for it. A run is measured on
            its validation chips, and on what it makes of `footage`.
        out: folder of the report.
        footage: that the videos were made of, and that the runs convert.
        swap: who is in the footage and whose face is put on, by the names of the identities.
        identities: facesets of the two, for the identity distance; a run has pictures already.
        options: how the runs convert.
        faces: how faces are found.
        events: hears of each frame.

    Raises:
        DatasetError: if the dataset of a run is gone or broken.
        FacesetError: if a faceset is none, or has no chips.
        FootageError: if footage or a video cannot be read.
        OutputError: if the report cannot be written.
        RunError: if a run has no checkpoint, or `footage` or `swap` is missing.
        ValueError: if there is no candidate, or the arguments do not go together.
    """
    with local_copies.LocalCopies() as copies, copies.output(paths.place(out)) as folder:

        def fetched(named: Mapping[str, paths.AnyPath]) -> dict[str, Path]:
            return {name: copies.fetch(place) for name, place in paths.places(named).items()}

        evaluation = _Evaluation(
            candidates=fetched(candidates),
            out=folder,
            original=None if footage is None else copies.fetch(paths.place(footage)),
            swap=swap,
            facesets=fetched(identities or {}),
            options=options,
            faces=faces,
            copies=copies,
            events=SILENT if events is None else events,
        )
        made = evaluation.measured()
        page = report.write(folder, made)
    return EvaluationReport(
        path=f"{os.fspath(out)}/{page.name}",
        candidates=tuple(made.names),
        figures=tuple(made.lines),
        notes=tuple(made.notes),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Evaluation:
    """What is measured, on this machine's disk."""

    candidates: Mapping[str, Path]
    """Run folders and finished videos by name."""
    out: Path
    """Folder of the report; what runs convert goes there as well."""
    original: Path | None
    """The footage that the videos were made of, and that runs convert; None measures runs on their
    validation chips alone."""
    swap: tuple[str, str] | None
    """Who is in the footage and whose face is put on, by the names of the identities."""
    facesets: Mapping[str, Path]
    """Pictures of the two identities, where no run has them."""
    options: config.ConvertConfig
    faces: config.FacesConfig
    copies: local_copies.LocalCopies
    """Local copies of the datasets of runs."""
    events: Events

    def __post_init__(self) -> None:
        if not self.candidates:
            raise ValueError("`candidates` must be one or more.")
        for name in self.candidates:
            if not names.is_plain(name):
                raise ValueError(f"The name {name!r} must be of letters, digits, '_', '.' and '-'.")
        if clip.FOOTAGE in self.candidates:
            raise ValueError(f"The footage itself is named {clip.FOOTAGE!r}: choose another name.")
        if self.swap is not None and self.original is None:
            raise ValueError("`swap` says who is in `footage`: give both.")
        unknown = set(self.facesets) - set(self.swap or ())
        if unknown:
            raise ValueError(f"`identities` has {min(unknown)}, who is not in `swap`.")

    def measured(self) -> report.Report:
        """Measure everything.

        Raises:
            DatasetError: if the dataset of a run is gone or broken.
            FacesetError: if a faceset is none, or has no chips left.
            FootageError: if the footage or a video cannot be read.
            RunError: if a run has no checkpoint, or who is swapped was not said.
        """
        opened = {
            name: runs.Run.open(path) for name, path in self.candidates.items() if _is_run(path)
        }
        videos = {name: path for name, path in self.candidates.items() if name not in opened}
        if self.original is None:
            if videos:
                raise errors.RunError(
                    f"{videos[min(videos)]} is no run folder (it has no run.json), and a finished "
                    "video is measured beside its footage. Name the folder that `jaxswap train "
                    "--run` was given, or the footage: --reference."
                )
            return report.Report(runs=self._on_chips(opened)[0])
        if opened and self.swap is None:
            raise errors.RunError(
                f"{min(opened)} is a run, which has to be converted: name --from and --to."
            )
        for path in (self.original, *videos.values()):
            footage.probe(path)  # before anything is converted
        measured, references = self._on_chips(opened)
        finished = {
            name: self._converted(name, opened[name], self.original) if name in opened else path
            for name, path in self.candidates.items()
        }
        return report.Report(runs=measured, clip=self._on_clip(self.original, finished, references))

    def _on_chips(
        self, opened: Mapping[str, runs.Run]
    ) -> tuple[dict[str, report.RunResults], dict[str, descriptor.Reference]]:
        """Runs on their validation chips, and these as pictures of the identities.

        Of an identity that several runs have, the first run's pictures are taken.
        Candidates must be measured against the same pictures.
        """
        measured: dict[str, report.RunResults] = {}
        references: dict[str, descriptor.Reference] = {}
        for name, run in opened.items():
            data = run_data.of_run(run, self.copies)
            held_out = run_data.validation_chips(data, run.identities, limit=MAX_CHIPS)
            found = validation_chips.evaluate_chips(run, run_data.pictures(held_out))
            measured[name] = report.RunResults(run=run, chips=found)
            references = {**run_data.references(held_out), **references}
        return measured, references

    def _converted(self, name: str, run: runs.Run, original: Path) -> Path:
        """The footage converted into the report's folder."""
        kind = footage.probe(original).kind
        video = ".mkv" if self.options.codec == "ffv1" else ".mp4"
        own = original.suffix.lower()
        image = own if own in marked_pictures.SUFFIXES else ".png"
        ending = {"video": video, "image": image, "images": ""}[kind]
        converted = self.out / f"{name}{ending}"
        pipeline.convert(
            original,
            run=run,
            swaps=[assignment.of_one(run, *self.swap)] if self.swap else [],
            out=converted,
            options=self.options,
            faces=self.faces,
            events=self.events,
        )
        return converted

    def _on_clip(
        self,
        original: Path,
        clips: Mapping[str, Path],
        references: Mapping[str, descriptor.Reference],
    ) -> clip_results.ClipResults:
        swap = None
        if self.swap is not None:
            swap = clip_results.SwappedIdentities(
                from_identity=self.swap[0], to_identity=self.swap[1]
            )
        named = {name: _pictures_of(path) for name, path in self.facesets.items()}
        return clip.compare(
            original,
            clips,
            faces=self.faces,
            track="main" if self.options.track == "all" else self.options.track,
            swap=swap,
            pictures_of={**references, **named},
            events=self.events,
        )


def _is_run(path: Path) -> bool:
    return (path / "run.json").exists()


def _pictures_of(path: Path) -> descriptor.Reference:
    """Chips evenly over a faceset."""
    opened = faceset.Faceset.open(path)
    if not opened.records:
        raise errors.FacesetError(f"The faceset {path} has no chips left. Extract it again.")
    count = len(opened.records)
    evenly = np.linspace(0, count - 1, min(count, MAX_REFERENCES)).round().astype(int)
    positions: list[int] = evenly.tolist()
    chosen = [opened.records[position] for position in positions]
    return descriptor.Reference(
        images_u8=np.stack([opened.chip_u8(record) for record in chosen]),
        landmarks=np.stack(
            [opened.landmarks(record) * opened.chip_size - np.float32(0.5) for record in chosen]
        ),
    )
