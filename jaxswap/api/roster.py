# pyright: strict
"""`jaxswap.faces`: footage -> who is in it, by number and picture."""

import os

from jaxswap import config, reports
from jaxswap.api import paths
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies
from jaxswap.vision import roster


def faces(
    footage: paths.AnyPath,
    out: paths.AnyPath,
    *,
    faces: config.FacesConfig = config.FacesConfig(),
    events: Events | None = None,
) -> reports.FacesReport:
    """Show who is in footage: a number and a picture of each, to name them in `convert`.

    Args:
        footage: video, image or folder of images.
        out: folder of the new pictures, named by the numbers, and a sheet of all: faces.png.
        faces: how faces are found.
        events: hears of each frame.

    Raises:
        FootageError: if the footage cannot be read.
        NoFaceError: if there is nobody.
        OutputError: if `out` exists.
    """
    with local_copies.LocalCopies() as copies, copies.new(paths.place(out)) as folder:
        found, noticed = roster.write(
            copies.fetch(paths.place(footage)),
            folder,
            faces=faces,
            events=SILENT if events is None else events,
        )
    return reports.FacesReport(
        path=os.fspath(out),
        tracks=tuple(
            reports.Track(
                number=entry.track,
                frames=entry.frames,
                first_s=entry.first_s,
                last_s=entry.last_s,
                image=entry.image,
                picture=entry.picture,
            )
            for entry in found
        ),
        notices=noticed,
    )
