"""`jaxswap extract`: footage -> faceset."""

import dataclasses
from typing import Annotated

import tyro

from jaxswap import config
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extract:
    """Find one person's face in footage and write it as a faceset.

    A faceset is a folder to look through and prune: delete an image and that face is gone.

    Example: jaxswap extract anna.mp4 more-of-anna/ --out faces/anna
    """

    footage: tyro.conf.Positional[tuple[Place, ...]]
    """Video files, image files or folders of images, all of one person."""
    out: Place
    """Folder of the new faceset."""
    options: Annotated[config.ExtractConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ExtractConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __post_init__(self) -> None:
        if not self.footage:
            raise ValueError("Name one or more video files or folders of images.")

    def __call__(self) -> int:
        """Extract, and say what was found."""
        from jaxswap.vision import extraction

        with local_copies.LocalCopies() as copies, copies.new(self.out) as out:
            footage = [copies.fetch(place) for place in self.footage]
            report = extraction.extract(footage, out, faces=self.faces, options=self.options)
        print(
            f"{self.out}: {report.chips} chips, "
            f"a face in {report.frames_with_face} of {report.frames} frames"
        )
        for lost in report.lost:
            print(f"Lost: {lost}")
        print(f"Look at {self.out / 'contact_sheet.png'}, and delete the chips that are no good.")
        return 0
