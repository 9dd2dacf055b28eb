"""`jaxswap extract-many`: much footage -> dataset, by many workers."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from jaxswap import config
from jaxswap.cli import identities, place_options


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractMany:
    """Find faces in much footage on Apache Beam and write them as one dataset.

    Footage that cannot be read is left out and listed in OUT.failed.jsonl; the exit code is 1 then.

    Example: jaxswap extract-many a='anna/*.mp4' b=ben.txt --out data/anna-ben
    --beam=--direct_running_mode=multi_processing --beam=--direct_num_workers=8
    """

    footage: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FOOTAGE")]
    """NAME=FOOTAGE for each identity: a quoted pattern, or a .txt file with a path a line."""
    out: place_options.Place
    """Folder of the new dataset."""
    beam: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(help_behavior_hint="")
    ] = ()
    """An option of Apache Beam, as --beam=--runner=FlinkRunner; give it once for each."""
    options: Annotated[config.ExtractConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ExtractConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)
    data: config.DataConfig = dataclasses.field(default_factory=config.DataConfig)
    scale: config.ScaleConfig = dataclasses.field(default_factory=config.ScaleConfig)

    def __post_init__(self) -> None:
        if not self.footage:
            raise ValueError("Name footage, as a='videos/*.mp4'.")
        self._footages()
        place_options.shared(self.out)

    def __call__(self) -> int:
        """Extract, and say what was found and what could not be used."""
        from jaxswap.scale import extraction, failures

        out = place_options.shared(self.out)
        report = extraction.extract(
            self._footages(),
            out,
            options=self.options,
            faces=self.faces,
            data=self.data,
            scale=self.scale,
            beam_options=self.beam,
        )
        for name, count in report.chips.items():
            print(f"{self.out}: {name}, {count} chips")
        print(f"Used: {report.used} footages")
        if report.failed:
            print(f"Lost: {len(report.failed)} parts, see {failures.place(out)}")
        return 1 if report.failed else 0

    def _footages(self) -> dict[str, Path]:
        named = identities.parse(self.footage)
        return {name: place_options.shared(place) for name, place in named.items()}
