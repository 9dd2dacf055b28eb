"""`jaxswap convert-many`: much or long footage + run -> swapped videos, by many workers."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from jaxswap import config
from jaxswap.cli import place_options
from jaxswap.places import urls


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertMany:
    """Convert much or long footage in segments on Apache Beam, and join them to videos.

    Pictures are encoded once, sound is copied, and every video is marked as synthetic. Footage that
    cannot be converted is listed in OUT.failed.jsonl; the exit code is 1 then.

    Example: jaxswap convert-many 'days/*.mp4' --run runs/anna-ben --from a --to b --out swapped
    --beam=--direct_running_mode=multi_processing --beam=--direct_num_workers=8
    """

    footage: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FOOTAGE")]
    """Videos, quoted patterns, or .txt files with a path a line."""
    run: place_options.Place
    """Run folder of the trained model."""
    out: place_options.Place
    """Folder of the videos; each has the name of its footage."""
    from_identity: Annotated[str, tyro.conf.arg(name="from", metavar="NAME")]
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[str, tyro.conf.arg(name="to", metavar="NAME")]
    """Identity whose face is put on it."""
    beam: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(help_behavior_hint="")
    ] = ()
    """An option of Apache Beam, as --beam=--runner=FlinkRunner; give it once for each."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ConvertConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)
    scale: config.ScaleConfig = dataclasses.field(default_factory=config.ScaleConfig)

    def __post_init__(self) -> None:
        if not self.footage:
            raise ValueError("Name footage, as 'videos/*.mp4'.")
        self._footages()
        for place in (self.run, self.out):
            place_options.shared(place)

    def __call__(self) -> int:
        """Convert, and say what was written and what could not be."""
        from jaxswap.scale import conversion, failures

        job = conversion.ConvertJob(
            run=place_options.shared(self.run).absolute(),
            from_identity=self.from_identity,
            to_identity=self.to_identity,
            options=self.options,
            faces=self.faces,
        )
        out = place_options.shared(self.out)
        report = conversion.convert(
            self._footages(), out, job=job, scale=self.scale, beam_options=self.beam
        )
        print(
            f"{self.out}: {report.videos} videos, the face changed in {report.swapped} of "
            f"{report.frames} frames"
        )
        if report.failed:
            print(f"Lost: {len(report.failed)} parts, see {failures.place(out)}")
        return 1 if report.failed else 0

    def _footages(self) -> list[Path]:
        return [place_options.shared(urls.parse_place(what)) for what in self.footage]
