"""`jaxswap info`: what a faceset, dataset, run, preset or piece of footage is."""

import dataclasses
import json
from typing import Annotated

import tyro

from jaxswap import presets
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Info:
    """Say what a faceset, dataset, run, preset, video or image is.

    Of a video or image that jaxswap made, it reads the mark that says so.

    Example: jaxswap info runs/anna-ben --json
    """

    path: Annotated[tyro.conf.Positional[Place | None], tyro.conf.arg(metavar="PATH")] = None
    """Faceset, dataset or run folder, or a video or image."""
    preset: Annotated[str | None, tyro.conf.arg(metavar="{" + ",".join(presets.PRESETS) + "}")] = (
        None
    )
    """A preset, with the parameter counts of its parts for two identities."""
    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print one JSON object."""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.preset is None):
            raise ValueError("Name either a PATH or a --preset.")
        if self.preset is not None:
            presets.named(self.preset)

    def __call__(self) -> int:
        """Print it, as text or JSON."""
        from jaxswap.cli import description

        if self.preset is not None:
            found = description.of_preset(self.preset)
        else:
            with local_copies.LocalCopies() as copies:
                found = description.of_path(copies.fetch(self.path))
            found["path"] = str(self.path)
        if self.json:
            print(json.dumps(found, indent=2))
        else:
            print("\n".join(description.lines(found)))
        return 0
