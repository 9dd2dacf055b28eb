# pyright: strict
"""`jaxswap.extract` and `jaxswap.extract_many`: footage -> faceset, much footage -> dataset."""

import os
from collections.abc import Mapping, Sequence

from jaxswap import config
from jaxswap.api import paths
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies
from jaxswap.scale import extraction as scaled
from jaxswap.vision import extraction


def extract(
    footage: paths.AnyPath | Sequence[paths.AnyPath],
    out: paths.AnyPath,
    *,
    options: config.ExtractConfig = config.ExtractConfig(),
    faces: config.FacesConfig = config.FacesConfig(),
    events: Events | None = None,
) -> extraction.ExtractionReport:
    """Find one person's face in footage and write it as a faceset.

    Args:
        footage: videos, images or folders of images, one or several, all of one person.
        out: folder of the new faceset.
        options: which person, how often, and the size of the chips.
        faces: how faces are found.
        events: hears of each frame.

    Raises:
        FootageError: if footage cannot be read.
        NoFaceError: if no face is found.
        OutputError: if `out` exists.
        ValueError: if no footage is named.
    """
    several = [footage] if isinstance(footage, (str, os.PathLike)) else footage
    if not several:
        raise ValueError("`footage` must be one or more.")
    with local_copies.LocalCopies() as copies, copies.new(paths.place(out)) as folder:
        return extraction.extract(
            [copies.fetch(paths.place(path)) for path in several],
            folder,
            options=options,
            faces=faces,
            events=SILENT if events is None else events,
        )


def extract_many(
    footage: Mapping[str, paths.AnyPath],
    out: paths.AnyPath,
    *,
    options: config.ExtractConfig = config.ExtractConfig(),
    faces: config.FacesConfig = config.FacesConfig(),
    data: config.DataConfig = config.DataConfig(),
    scale: config.ScaleConfig = config.ScaleConfig(),
    beam_options: Sequence[str] = (),
    events: Events | None = None,
) -> scaled.ManyExtractionReport:
    """Find faces in much footage on Apache Beam and write them as one dataset.

    Footage that cannot be read is left out and listed in OUT.failed.jsonl.

    Args:
        footage: by the name of each identity, a pattern or a .txt file with a path a line.
        out: folder of the new dataset; no URL, like all that workers share.
        options: which person, how often, and the size of the chips.
        faces: how faces are found.
        data: how the dataset is built.
        scale: how footage is cut.
        beam_options: as Apache Beam takes them.
        events: hears of each segment.

    Raises:
        FacesetError: if an identity has too few faces.
        FootageError: if a list is empty.
        MissingExtraError: if Apache Beam is not installed.
        OutputError: if something that is no dataset is at `out`.
        PlaceError: if a path is a URL.
    """
    return scaled.extract(
        {name: paths.shared(path) for name, path in footage.items()},
        paths.shared(out),
        options=options,
        faces=faces,
        data=data,
        scale=scale,
        beam_options=beam_options,
        events=SILENT if events is None else events,
    )
