"""`jaxswap preview`: run -> picture of what the model does."""

import dataclasses

from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview:
    """Draw validation chips beside what the model makes of them: a, a->a, a->b, b, b->b, b->a.

    Example: jaxswap preview --run runs/anna-ben --out preview.png
    """

    run: Place
    """Run folder of the trained model."""
    out: Place
    """Picture to write (.png)."""

    def __call__(self) -> int:
        """Draw the grid of the latest checkpoint."""
        from jaxswap import images, runs
        from jaxswap.cli import run_data
        from jaxswap.training import previews

        with local_copies.LocalCopies() as copies, copies.output(self.out) as out:
            run = runs.Run.open(copies.fetch(self.run))
            params, step = run.load_params()
            data = run_data.of_run(run, copies)
            chips = run_data.validation_chips(data, run.identities, limit=previews.ROWS)
            grid = previews.grid(params, run.config, run.identities, run_data.pictures(chips))
            images.write_png(out, grid)
        print(f"{self.out}: step {step}")
        return 0
