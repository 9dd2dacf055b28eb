# pyright: strict
"""`jaxswap faces`: footage -> who is in it, by number and picture."""

import dataclasses
import os
from typing import TYPE_CHECKING

import tyro

import jaxswap
from jaxswap import config
from jaxswap.cli import notes
from jaxswap.cli.command import Command
from jaxswap.cli.options import Place
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import FacesReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class Faces(Command):
    """Show who is in footage: a number and a picture of each, to name them with convert --map.

    Example: jaxswap faces party.mp4 --out who
    """

    footage: tyro.conf.Positional[Place]
    """Video file, image file or folder of images."""
    out: Place
    """Folder of the new pictures, named by the numbers, and a sheet of all: faces.png."""
    faces: config.FacesConfig = config.FacesConfig()

    def call(self, events: Events) -> "FacesReport":
        return jaxswap.faces(self.footage, self.out, faces=self.faces, events=events)

    def show(self, report: "FacesReport") -> None:
        for track in report.tracks:
            where = track.image or f"{track.first_s:.1f}-{track.last_s:.1f} s"
            print(f"{track.number}: {where}, {track.frames} frame(s)")
        notes.show(report.notices)
        first = report.tracks[0]
        print(
            f"{os.path.join(self.out, 'faces.png')} shows them. Name one by number or by picture: "
            f"--map {first.number}=IDENTITY or --map "
            f"{os.path.join(self.out, first.picture)}=IDENTITY"
        )
