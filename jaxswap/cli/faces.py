"""`jaxswap faces`: footage -> who is in it, by number and picture."""

import dataclasses

import tyro

from jaxswap import config
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Faces:
    """Show who is in footage: a number and a picture of each, to name them with convert --map.

    Example: jaxswap faces party.mp4 --out who
    """

    footage: tyro.conf.Positional[Place]
    """Video file, image file or folder of images."""
    out: Place
    """Folder of the new pictures, named by the numbers, and a sheet of all: faces.png."""
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __call__(self) -> int:
        """Look through the footage, and list who is there."""
        from jaxswap.vision import roster

        with local_copies.LocalCopies() as copies, copies.new(self.out) as out:
            entries = roster.write(copies.fetch(self.footage), out, faces=self.faces)
        for entry in entries:
            print(f"{entry.track}: {entry.where}, {entry.frames} frame(s)")
        first = entries[0]
        print(
            f"{self.out / 'faces.png'} shows them. Name one by number or by picture: --map "
            f"{first.track}=IDENTITY or --map {self.out / first.picture}=IDENTITY"
        )
        return 0
