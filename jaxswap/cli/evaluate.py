"""`jaxswap evaluate`: runs and finished videos -> report."""

import dataclasses
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from jaxswap import config
from jaxswap.cli import identities
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies, urls

if TYPE_CHECKING:
    from jaxswap import runs
    from jaxswap.evaluation import clip_results, report
    from jaxswap.vision import descriptor

MAX_CHIPS = 500  # of each identity: more would hardly move the means
MAX_REFERENCES = 100  # pictures of a faceset that say who a person is
PLAIN_WIDTH = 200  # characters of the table where there is no terminal


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Measure a run, or finished videos of any tool beside the footage that they were made of.

    Writes report.html (one page with pictures and plots), report.json and CSV tables.

    Example: jaxswap evaluate --run runs/ab --footage anna-new.mp4 --from a --to b --out report

    Example: jaxswap evaluate --compare ours=1.mp4 theirs=2.mp4 --reference anna.mp4 --out report
    """

    out: Place
    """Folder of the new report."""
    run: Annotated[Place | None, tyro.conf.arg(metavar="RUN", help_behavior_hint="")] = None
    """Run folder of a trained model, to be measured on its validation chips."""
    footage: Annotated[Place | None, tyro.conf.arg(metavar="FOOTAGE", help_behavior_hint="")] = None
    """Video or folder of images that the run converts, to be measured; name --from and --to."""
    compare: Annotated[
        tuple[tuple[str, ...], ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(metavar="NAME=VIDEO", help_behavior_hint="(several, repeatable)"),
    ] = ()
    """Finished videos or folders of images, each with a name for it; a run folder is converted
    first."""
    reference: Annotated[Place | None, tyro.conf.arg(metavar="FOOTAGE", help_behavior_hint="")] = (
        None
    )
    """The footage that the videos of --compare were made of."""
    from_identity: Annotated[
        str | None, tyro.conf.arg(name="from", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[
        str | None, tyro.conf.arg(name="to", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity whose face is put on it."""
    identity: Annotated[
        tuple[tuple[str, ...], ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(metavar="NAME=FACESET", help_behavior_hint="(several, repeatable)"),
    ] = ()
    """Pictures of --from and --to, for the identity distance; a run has them already."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ConvertConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __post_init__(self) -> None:
        named = [value is not None for value in (self.from_identity, self.to_identity)]
        if (self.run is None) == (not self.compare):
            raise ValueError("Give either --run RUN or --compare NAME=VIDEO with --reference.")
        if self.run is not None and any(named) + (self.footage is not None) not in (0, 2):
            raise ValueError("--footage, --from and --to go together: give all three or none.")
        if any(named) and not all(named):
            raise ValueError("--from and --to go together: give both or none.")
        if bool(self.compare) != (self.reference is not None) or (self.compare and self.footage):
            raise ValueError("--compare and --reference go together, without --footage.")
        if "footage" in self._clips():
            raise ValueError("The footage itself is named 'footage': give the video another name.")
        unknown = self._facesets().keys() - {self.from_identity, self.to_identity}
        if unknown:
            raise ValueError(
                f"--identity {min(unknown)} is neither --from nor --to: name the same identities."
            )

    def __call__(self) -> int:
        """Measure and write the report."""
        from jaxswap.evaluation import report

        with local_copies.LocalCopies() as copies, copies.output(self.out) as out:
            here = self._local(out, copies)
            made = here._compared(copies) if self.compare else here._of_run(copies)
            page = report.write(out, made)
        _print(made)
        print(self.out / page.name)
        return 0

    def _local(self, out: Path, copies: local_copies.LocalCopies) -> "Evaluate":
        """The same measurement on local copies."""

        def fetched(place: urls.Place | None) -> Path | None:
            return None if place is None else copies.fetch(place)

        def all_fetched(named: Mapping[str, urls.Place]) -> tuple[tuple[str, ...], ...]:
            return tuple((f"{name}={copies.fetch(place)}",) for name, place in named.items())

        return dataclasses.replace(
            self,
            out=out,
            run=fetched(self.run),
            footage=fetched(self.footage),
            compare=all_fetched(self._clips()),
            reference=fetched(self.reference),
            identity=all_fetched(self._facesets()),
        )

    def _clips(self) -> dict[str, urls.Place]:
        return identities.parse(list(itertools.chain(*self.compare)))

    def _facesets(self) -> dict[str, urls.Place]:
        return identities.parse(list(itertools.chain(*self.identity)))

    def _of_run(self, copies: local_copies.LocalCopies) -> "report.Report":
        """One run, on its chips and on the footage if there is any."""
        from jaxswap import runs
        from jaxswap.evaluation import report

        name = identities.plain_name(self.run) or "run"
        run = runs.Run.open(self.run)
        measured, references = _on_chips({name: run}, copies)
        on_clip = None
        if self.footage is not None:
            finished = {name: self._converted(name, run, self.footage)}
            on_clip = self._measured(self.footage, finished, references)
        return report.Report(runs=measured, clip=on_clip)

    def _compared(self, copies: local_copies.LocalCopies) -> "report.Report":
        """Several candidates beside the footage; what is a run is converted first."""
        from jaxswap import errors, footage, runs
        from jaxswap.evaluation import report

        clips = self._clips()
        opened = {
            name: runs.Run.open(path)
            for name, path in clips.items()
            if (path / "run.json").exists()
        }
        if opened and self.from_identity is None:
            raise errors.RunError(
                f"{min(opened)} is a run, which has to be converted: name --from and --to."
            )
        for path in (self.reference, *(path for n, path in clips.items() if n not in opened)):
            footage.probe(path)  # before anything is converted
        measured, references = _on_chips(opened, copies)
        finished = clips | {
            name: self._converted(name, run, self.reference) for name, run in opened.items()
        }
        on_clip = self._measured(self.reference, finished, references)
        return report.Report(runs=measured, clip=on_clip)

    def _converted(self, name: str, run: "runs.Run", original: Path) -> Path:
        """The footage converted into the report's folder."""
        from jaxswap import footage
        from jaxswap.conversion import assignment, pipeline

        kind = footage.probe(original).kind
        video = ".mkv" if self.options.codec == "ffv1" else ".mp4"
        ending = {"video": video, "image": original.suffix, "images": ""}[kind]
        converted = self.out / f"{name}{ending}"
        pipeline.convert(
            original,
            run=run,
            swaps=[assignment.of_one(run, self.from_identity, self.to_identity)],
            out=converted,
            options=self.options,
            faces=self.faces,
        )
        return converted

    def _measured(
        self,
        original: Path,
        clips: Mapping[str, Path],
        references: Mapping[str, "descriptor.Reference"],
    ) -> "clip_results.ClipResults":
        from jaxswap.evaluation import clip, clip_results

        swap = None
        if self.from_identity is not None:
            swap = clip_results.SwappedIdentities(
                from_identity=self.from_identity, to_identity=self.to_identity
            )
        named = {name: _pictures_of(path) for name, path in self._facesets().items()}
        return clip.compare(
            original,
            clips,
            faces=self.faces,
            track="main" if self.options.track == "all" else self.options.track,
            swap=swap,
            pictures_of={**references, **named},
        )


def _on_chips(
    opened: Mapping[str, "runs.Run"], copies: local_copies.LocalCopies
) -> tuple[dict[str, "report.RunResults"], dict[str, "descriptor.Reference"]]:
    """Runs on their validation chips, and these as pictures of who is who, the first run's first.

    Candidates must be measured against the same pictures.
    """
    from jaxswap.cli import run_data
    from jaxswap.evaluation import report, validation_chips

    measured, references = {}, {}
    for name, run in opened.items():
        data = run_data.of_run(run, copies)
        held_out = run_data.validation_chips(data, run.identities, limit=MAX_CHIPS)
        found = validation_chips.evaluate_chips(run, run_data.pictures(held_out))
        measured[name] = report.RunResults(run=run, chips=found)
        references = {**run_data.references(held_out), **references}
    return measured, references


def _pictures_of(path: Path) -> "descriptor.Reference":
    """Chips evenly over a faceset."""
    import numpy as np

    from jaxswap import errors
    from jaxswap.vision import descriptor, faceset

    opened = faceset.Faceset.open(path)
    if not opened.records:
        raise errors.FacesetError(f"The faceset {path} has no chips left. Extract it again.")
    count = len(opened.records)
    positions = np.linspace(0, count - 1, min(count, MAX_REFERENCES)).round().astype(int)
    chosen = [opened.records[position] for position in positions]
    return descriptor.Reference(
        images_u8=np.stack([opened.chip_u8(record) for record in chosen]),
        landmarks=np.stack(
            [opened.landmarks(record) * opened.chip_size - np.float32(0.5) for record in chosen]
        ),
    )


def _print(made: "report.Report") -> None:
    """The figures as a table, and what was left out."""
    from rich import console

    from jaxswap.evaluation import tables

    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    out = console.Console(width=width, highlight=False)
    out.print(tables.terminal(made.names, made.lines))
    for note in made.notes:
        print(note)
