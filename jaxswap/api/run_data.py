"""The dataset of a run: built into it from facesets, or a built one that runs share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import config, errors, notices, runs
from jaxswap.events import SILENT, Events
from jaxswap.places import local_copies, urls
from jaxswap.vision import descriptor, faceset
from pipelines import dataset, loader, validation

FILE = "dataset.json"
PREVIEW_CHIPS = 64

STORES = ("gs", "s3", "az", "abfs")
"""Schemes that a run's manifest may name. It may come from a stranger, who must not choose which
protocol speaks to which host."""


def prepare(
    run_dir: Path,
    identities: Mapping[str, Path],
    *,
    data: config.DataConfig,
    may_build: bool,
    noticed: notices.Notices,
    events: Events = SILENT,
) -> dataset.Dataset:
    """The dataset to train on: the run's own, built if there is none, or the given built one.

    A run keeps its dataset: facesets that changed since do not change it. A message says so.

    Args:
        run_dir: folder of the run; nothing is written outside of it.
        identities: by name, a faceset, or for all of them one and the same dataset.
        data: how the dataset is built.
        may_build: false for one of several hosts, which would get into each other's way.
        noticed: hears of images that are left out, and of facesets that changed.
        events: hears of the chips of a new dataset.

    Raises:
        DatasetError: if datasets and facesets are mixed, a dataset is broken, or one would have to
            be built and may not.
        FacesetError: if a faceset is.
    """
    built = {name: path for name, path in identities.items() if (path / FILE).exists()}
    if built:
        return _shared(identities, built)
    if not may_build:
        raise errors.DatasetError(
            "Several hosts train on a dataset that is built already. Build it once (jaxswap build "
            "a=FACESET b=FACESET --out DATA) and give --identity a=DATA --identity b=DATA."
        )
    own = run_dir / "data"
    if not (run_dir / "run.json").exists():  # an earlier start may have left it: then it is taken
        return dataset.build(identities, own, data=data, noticed=noticed, events=events)
    opened = dataset.Dataset.open(own)
    for name, path in identities.items():
        if name in opened.identities and opened.fingerprints[name] != _fingerprint(path):
            noticed.add(
                f"{path} is not as it was when the run began: the run keeps its own chips of {name}"
                f" in {own}. For the new ones, train in a new run folder"
            )
    return opened


def _shared(identities: Mapping[str, Path], built: Mapping[str, Path]) -> dataset.Dataset:
    places = {path.resolve() for path in built.values()}
    if len(places) > 1 or len(built) < len(identities):
        raise errors.DatasetError(
            "A run reads one dataset, but the identities come from several places. Build one of "
            "all facesets (jaxswap build), or give a faceset for each identity."
        )
    return dataset.Dataset.open(next(iter(built.values())))


def _fingerprint(path: Path) -> str | None:
    """The faceset's, or None where it was removed since."""
    return faceset.Faceset.open(path).fingerprint() if path.exists() else None


def manifest_entries(
    data: dataset.Dataset, identities: Mapping[str, Path], copies: local_copies.LocalCopies
) -> list[dict[str, str | None]]:
    """Who is who, for the run's manifest."""
    return [
        {
            "name": name,
            "source": copies.named(str(path.resolve())),
            "fingerprint": data.fingerprints.get(name),
            "dataset": copies.named(str(data.path.resolve())),
        }
        for name, path in identities.items()
    ]


def batches(
    data: dataset.Dataset, identities: Sequence[str], *, configuration: config.Config
) -> loader.Loader:
    """This host's share of the batches."""
    import jax

    # Both go through jaxlib, which has no types.
    index = jax.process_index()  # pyright: ignore[reportUnknownMemberType]
    count = jax.process_count()  # pyright: ignore[reportUnknownMemberType]
    return loader.Loader(
        data,
        list(identities),
        data=configuration.data,
        batch_size=configuration.train.batch_size,
        seed=configuration.seed,
        shard=(index, count),
    )


def of_run(run: runs.Run, copies: local_copies.LocalCopies) -> dataset.Dataset:
    """The dataset that a run was trained on.

    Raises:
        DatasetError: if it is not there any more, or is broken.
        PlaceError: if it is in a bucket that cannot be read.
    """
    own = run.path / "data"
    if own.exists():
        return dataset.Dataset.open(own)
    try:
        place = urls.parse_place(run.manifest["identities"][0]["dataset"])
        if isinstance(place, urls.Url) and place.scheme not in STORES:
            raise errors.PlaceError(f"{place} is in no bucket")
    except (KeyError, TypeError, errors.PlaceError) as error:
        raise errors.DatasetError(
            f"The run {run.path} does not say on what dataset it was trained ({error}). Copy the "
            f"dataset to {own}."
        ) from error
    return dataset.Dataset.open(copies.fetch(place))


def validation_chips(
    data: dataset.Dataset, identities: Sequence[str], *, limit: int | None = None
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Held-out chips, their regions and landmarks by identity, evenly spread in time."""
    return {name: validation.validation_chips(data, name, limit=limit) for name in identities}


def pictures(found: Mapping[str, tuple[np.ndarray, ...]]) -> dict[str, Any]:
    """Chips and regions alone, as previews and figures of reconstruction take them."""
    return {name: parts[:2] for name, parts in found.items()}


def references(found: Mapping[str, tuple[np.ndarray, ...]]) -> dict[str, descriptor.Reference]:
    """The same chips as pictures of who a person is; points in pixels, centres at integers."""
    return {
        name: descriptor.Reference(
            images_u8=images_u8,
            landmarks=(landmarks * images_u8.shape[1] - 0.5).astype(np.float32),
        )
        for name, (images_u8, _, landmarks) in found.items()
    }
