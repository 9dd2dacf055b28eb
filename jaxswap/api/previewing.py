# pyright: strict
"""`jaxswap.preview`: run -> picture of what the model does."""

import os

from jaxswap import images, reports, runs
from jaxswap.api import paths, run_data
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies
from jaxswap.training import previews


def preview(
    run: paths.AnyPath, out: paths.AnyPath, *, events: Events | None = None
) -> reports.PreviewReport:
    """Draw validation chips beside what the model makes of them: a, a->a, a->b, b, b->b, b->a.

    Args:
        run: the run folder.
        out: the picture to write (.png).
        events: gets the picture, by the name `preview`.

    Raises:
        DatasetError: if the run's dataset is gone or broken.
        OutputError: if the picture cannot be written.
        RunError: if the run has no checkpoint.
    """
    with local_copies.LocalCopies() as copies, copies.output(paths.place(out)) as path:
        opened = runs.Run.open(copies.fetch(paths.place(run)))
        params, step = opened.load_params()
        data = run_data.of_run(opened, copies)
        chips = run_data.validation_chips(data, opened.identities, limit=previews.ROWS)
        grid = previews.grid(params, opened.config, opened.identities, run_data.pictures(chips))
        images.write_png(path, grid)
    (SILENT if events is None else events).picture("preview", grid)
    return reports.PreviewReport(path=os.fspath(out), step=step)
