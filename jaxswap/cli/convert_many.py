# pyright: strict
"""`jaxswap convert-many`: much or long footage + run -> swapped videos, by many workers."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config
from jaxswap.cli import notes
from jaxswap.cli.command import Command
from jaxswap.cli.options import Beam, Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import ManyConversionReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConvertMany(Command):
    """Convert much or long footage in segments on Apache Beam, and join them to videos.

    Pictures are encoded once, sound is copied, and every video is marked as synthetic. Footage that
    cannot be converted is listed in OUT.failed.jsonl; the exit code is 1 then.

    Example: jaxswap convert-many 'days/*.mp4' --run runs/anna-ben --from a --to b --out swapped
    --beam=--direct_running_mode=multi_processing --beam=--direct_num_workers=8
    """

    goes_on = True

    footage: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FOOTAGE")]
    """Videos, quoted patterns, or .txt files with a path a line."""
    run: Place
    """Run folder of the trained model."""
    out: Place
    """Folder of the videos; each has the name of its footage."""
    from_identity: Annotated[str, tyro.conf.arg(name="from", metavar="NAME")]
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[str, tyro.conf.arg(name="to", metavar="NAME")]
    """Identity whose face is put on it."""
    beam: Beam = ()
    """An option of Apache Beam, as --beam=--runner=FlinkRunner; give it once for each."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = config.ConvertConfig()
    faces: config.FacesConfig = config.FacesConfig()
    scale: config.ScaleConfig = config.ScaleConfig()

    def __post_init__(self) -> None:
        if not self.footage:
            raise ValueError("Name footage, as 'videos/*.mp4'.")

    def call(self, events: Events) -> "ManyConversionReport":
        return jaxswap.convert_many(
            self.footage,
            self.out,
            run=self.run,
            swap=(self.from_identity, self.to_identity),
            options=self.options,
            faces=self.faces,
            scale=self.scale,
            beam_options=self.beam,
            events=events,
        )

    def show(self, report: "ManyConversionReport") -> None:
        print(
            f"{self.out}: {report.videos} videos, the face changed in {report.swapped} of "
            f"{report.frames} frames"
        )
        notes.show(report.notices)
        if report.failed:
            print(f"Failed: {len(report.failed)} parts, see {self.out}.failed.jsonl")

    def code(self, report: "ManyConversionReport") -> int:
        return 1 if report.failed else 0
