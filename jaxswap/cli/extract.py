# pyright: strict
"""`jaxswap extract`: footage -> faceset."""

import dataclasses
import os
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config
from jaxswap.cli import notes
from jaxswap.cli.command import Command
from jaxswap.cli.options import Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import ExtractionReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extract(Command):
    """Find one person's face in footage and write it as a faceset.

    A faceset is a folder to look through and prune: delete an image and that face is gone.

    Example: jaxswap extract anna.mp4 more-of-anna/ --out faces/anna
    """

    footage: tyro.conf.Positional[tuple[Place, ...]]
    """Video files, image files or folders of images, all of one person."""
    out: Place
    """Folder of the new faceset."""
    options: Annotated[config.ExtractConfig, tyro.conf.arg(name="")] = config.ExtractConfig()
    faces: config.FacesConfig = config.FacesConfig()

    def __post_init__(self) -> None:
        if not self.footage:
            raise ValueError("Name one or more video files or folders of images.")

    def call(self, events: Events) -> "ExtractionReport":
        return jaxswap.extract(
            self.footage, self.out, options=self.options, faces=self.faces, events=events
        )

    def show(self, report: "ExtractionReport") -> None:
        print(
            f"{self.out}: {report.chips} chips, "
            f"a face in {report.frames_with_face} of {report.frames} frames"
        )
        notes.show(report.notices)
        sheet = os.path.join(self.out, "contact_sheet.png")
        print(f"Look at {sheet}, and delete the chips that are no good.")
