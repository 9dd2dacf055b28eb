# pyright: strict
"""`jaxswap.build`: facesets -> dataset."""

import os
from collections.abc import Mapping

from jaxswap import config, notices, reports
from jaxswap.api import paths
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies
from pipelines import dataset, dataset_header


def build(
    facesets: Mapping[str, paths.AnyPath],
    out: paths.AnyPath,
    *,
    data: config.DataConfig = config.DataConfig(),
    events: Events | None = None,
) -> reports.BuildReport:
    """Write facesets as one dataset, for runs to share. `train` does this by itself.

    Args:
        facesets: by the names of the identities.
        out: folder of the dataset. One that is there already, of the same chips, is taken as it is.
        data: side of the chips, and what is held out for validation.
        events: hears of each chip.

    Raises:
        DatasetError: if a name cannot be an identity's.
        FacesetError: if a faceset is none, is broken or has too few chips.
        OutputError: if something that is no dataset is at `out`.
    """
    noticed = notices.Notices()
    with (
        local_copies.LocalCopies() as copies,
        copies.output(paths.place(out), header=dataset_header.NAME) as folder,
    ):
        built = dataset.build(
            {name: copies.fetch(place) for name, place in paths.places(facesets).items()},
            folder,
            data=data,
            noticed=noticed,
            events=SILENT if events is None else events,
        )
    return reports.BuildReport(
        path=os.fspath(out),
        chips=built.counts,
        fingerprint=built.fingerprint(),
        notices=noticed.lines,
    )
