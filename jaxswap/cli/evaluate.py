"""`jaxswap evaluate`: run -> report."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from jaxswap import config

if TYPE_CHECKING:
    from jaxswap import runs

MAX_CHIPS = 500  # of each identity: more would hardly move the means


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Measure a run on its validation chips and, if you name footage, on a converted clip.

    Writes report.html (one page with pictures and plots), report.json and CSV tables.

    Example: jaxswap evaluate --run runs/ab --footage anna-new.mp4 --from a --to b --out report
    """

    run: Path
    """Run folder of the trained model."""
    out: Path
    """Folder of the new report."""
    footage: Annotated[Path | None, tyro.conf.arg(metavar="FOOTAGE", help_behavior_hint="")] = None
    """Video or folder of images to convert and measure; name --from and --to with it."""
    from_identity: Annotated[
        str | None, tyro.conf.arg(name="from", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[
        str | None, tyro.conf.arg(name="to", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity whose face is put on it."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ConvertConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __post_init__(self) -> None:
        named = [
            value is not None for value in (self.footage, self.from_identity, self.to_identity)
        ]
        if any(named) and not all(named):
            raise ValueError("--footage, --from and --to go together: give all three or none.")

    def __call__(self) -> int:
        """Measure and write the report."""
        from jaxswap import runs
        from jaxswap.cli import run_data
        from jaxswap.evaluation import chips, figures, report

        run = runs.Run.open(self.run)
        held_out = run_data.validation_chips(run_data.of_run(run), run.identities, limit=MAX_CHIPS)
        on_chips = chips.evaluate_chips(run, run_data.pictures(held_out))
        on_clip = self._measure_clip(run, held_out) if self.footage else None
        page = report.write(self.out, run=run, on_chips=on_chips, on_clip=on_clip)
        lines = [*figures.of_chips(on_chips), *(figures.of_clip(on_clip) if on_clip else ())]
        width = max(len(line.name) for line in lines)
        for line in lines:
            print(f"{line.name:<{width}}  {line.shown}")
        print(page)
        return 0

    def _measure_clip(self, run: "runs.Run", held_out: Mapping[str, Any]) -> Any:
        """Convert the footage into the report's folder, and compare the two."""
        from jaxswap import footage
        from jaxswap.cli import run_data
        from jaxswap.conversion import pipeline
        from jaxswap.evaluation import clip

        kind = footage.probe(self.footage).kind
        ending = {"video": ".mp4", "image": self.footage.suffix, "images": ""}[kind]
        converted = self.out / f"converted{ending}"
        pipeline.convert(
            self.footage,
            run=run,
            from_identity=self.from_identity,
            to_identity=self.to_identity,
            out=converted,
            options=self.options,
            faces=self.faces,
        )
        return clip.evaluate_clip(
            self.footage,
            converted,
            from_identity=self.from_identity,
            to_identity=self.to_identity,
            faces=self.faces,
            track=0 if self.options.track == "all" else self.options.track,
            references=run_data.references(held_out),
        )
