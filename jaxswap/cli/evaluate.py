"""`jaxswap evaluate`: run -> report."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from jaxswap import config


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Measure a run on its validation chips and, if you name footage, on a converted clip.

    Writes report.html (one page with pictures and plots), report.json and CSV tables.

    Example: jaxswap evaluate --run runs/ab --footage anna-new.mp4 --from a --to b --out report
    """

    run: Path
    """Run folder of the trained model."""
    out: Path
    """Folder of the new report."""
    footage: Annotated[Path | None, tyro.conf.arg(metavar="FOOTAGE", help_behavior_hint="")] = None
    """Video or folder of images to convert and measure; name --from and --to with it."""
    from_identity: Annotated[
        str | None, tyro.conf.arg(name="from", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[
        str | None, tyro.conf.arg(name="to", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity whose face is put on it."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ConvertConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __post_init__(self) -> None:
        named = [
            value is not None for value in (self.footage, self.from_identity, self.to_identity)
        ]
        if any(named) and not all(named):
            raise ValueError("--footage, --from and --to go together: give all three or none.")

    def __call__(self) -> int:
        """Measure and write the report."""
        return 0
