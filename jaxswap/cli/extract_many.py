# pyright: strict
"""`jaxswap extract-many`: much footage -> dataset, by many workers."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config
from jaxswap.cli import notes, pairs
from jaxswap.cli.command import Command
from jaxswap.cli.options import Beam, Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import ManyExtractionReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractMany(Command):
    """Find faces in much footage on Apache Beam and write them as one dataset.

    Footage that cannot be read is left out and listed in OUT.failed.jsonl; the exit code is 1 then.

    Example: jaxswap extract-many a='anna/*.mp4' b=ben.txt --out data/anna-ben
    --beam=--direct_running_mode=multi_processing --beam=--direct_num_workers=8
    """

    goes_on = True

    footage: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FOOTAGE")]
    """NAME=FOOTAGE for each identity: a quoted pattern, or a .txt file with a path a line."""
    out: Place
    """Folder of the new dataset."""
    beam: Beam = ()
    """An option of Apache Beam, as --beam=--runner=FlinkRunner; give it once for each."""
    options: Annotated[config.ExtractConfig, tyro.conf.arg(name="")] = config.ExtractConfig()
    faces: config.FacesConfig = config.FacesConfig()
    data: config.DataConfig = config.DataConfig()
    scale: config.ScaleConfig = config.ScaleConfig()

    def __post_init__(self) -> None:
        if not self.footage:
            raise ValueError("Name footage, as a='videos/*.mp4'.")
        pairs.named(self.footage)

    def call(self, events: Events) -> "ManyExtractionReport":
        return jaxswap.extract_many(
            pairs.named(self.footage),
            self.out,
            options=self.options,
            faces=self.faces,
            data=self.data,
            scale=self.scale,
            beam_options=self.beam,
            events=events,
        )

    def show(self, report: "ManyExtractionReport") -> None:
        for name, count in report.chips.items():
            print(f"{self.out}: {name}, {count} chips")
        print(f"Used: {report.used} footages")
        notes.show(report.notices)
        if report.failed:
            print(f"Failed: {len(report.failed)} parts, see {self.out}.failed.jsonl")

    def code(self, report: "ManyExtractionReport") -> int:
        return 1 if report.failed else 0
