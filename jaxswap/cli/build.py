"""`jaxswap build`: facesets -> dataset."""

import dataclasses
from typing import Annotated

import tyro

from jaxswap import config
from jaxswap.cli import identities
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies


@dataclasses.dataclass(frozen=True, kw_only=True)
class Build:
    """Write facesets as one TFDS dataset of ArrayRecord shards. `train` does this by itself.

    Example: jaxswap build a=faces/anna b=faces/ben --out data/anna-ben
    """

    faceset: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FACESET")]
    """Facesets, each as NAME=FACESET, or FACESET to name the identity after the folder."""
    out: Place
    """Folder of the new dataset."""
    data: config.DataConfig = dataclasses.field(default_factory=config.DataConfig)

    def __post_init__(self) -> None:
        if not self.faceset:
            raise ValueError("Name one or more facesets.")
        identities.parse_or_folder_names(self.faceset)

    def __call__(self) -> int:
        """Build, and say what is in it."""
        from pipelines import dataset, dataset_header

        named = identities.parse_or_folder_names(self.faceset)
        with (
            local_copies.LocalCopies() as copies,
            copies.output(self.out, header=dataset_header.NAME) as out,
        ):
            facesets = {name: copies.fetch(place) for name, place in named.items()}
            built = dataset.build(facesets, out, data=self.data)
        for name in built.identities:
            counts = ", ".join(f"{count} {split}" for split, count in built.counts[name].items())
            print(f"{self.out}: {name}, {counts}")
        return 0
