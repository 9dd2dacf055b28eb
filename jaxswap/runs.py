"""A run folder, opened: its configuration, its identities, its parameters.

run.json is written when training begins: the configuration, the manifest, which says from what
data, with which versions and on what hardware the run was made, and the history of what was changed
since.
"""

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxswap import checkpoints, config, errors, files, names, run_history, storing, version
from jaxswap.models import building, topologies
from jaxswap.places import checkpoint_names

FORMAT = 2
NAME = "run.json"
MAX_LINE_BYTES = 100_000
"""A longer line of metrics.jsonl is none of ours."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """An opened run folder.

    Attributes:
        path: the folder.
        config: what the run is trained with, as it was when the run last went on.
        identities: names, sorted.
        manifest: preset, identities with the fingerprints of their data, versions, hardware.
        history: what was changed when the run went on, in order.
    """

    path: Path
    config: config.Config
    identities: tuple[str, ...]
    manifest: Mapping[str, Any]
    history: tuple[run_history.Entry, ...] = ()

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Open a run folder.

        Raises:
            RunError: if it is no run folder, or its run.json is broken.
            NewerFormatError: if a newer jaxswap wrote it.
        """
        file = path / NAME
        if not file.is_file():
            raise errors.RunError(
                f"{path} is no run folder (it has no {NAME}). "
                "Name the folder that `jaxswap train --run` was given."
            )
        try:
            stored = storing.from_dict(
                _Stored, storing.read_json(file, newest=FORMAT, oldest=FORMAT)
            )
        except ValueError as error:
            raise errors.RunError(
                f"{file} cannot be read: {error} "
                "Put back a copy that can be read, or train again in a new run folder."
            ) from error
        return cls(
            path=path,
            config=stored.config,
            identities=stored.identities(),
            manifest=stored.manifest,
            history=stored.history,
        )

    def write(self) -> None:
        """Write run.json."""
        stored = _Stored(config=self.config, manifest=self.manifest, history=self.history)
        files.write_json(self.path / NAME, {"format": FORMAT, **storing.to_dict(stored)})

    def going_on(self) -> "Run":
        """This run, as it goes on from what its folder holds; nothing is written.

        Returns:
            With the manifest and the history of run.json, and a new entry if something changed;
            the run itself, if the folder holds none.

        Raises:
            RunError: if another run was begun there: with other identities, or another
                configuration. Fields made by `config.pacing.pace` may differ.
        """
        if not (self.path / NAME).exists():
            if self.steps():
                raise errors.RunError(
                    f"{self.path} has checkpoints but no {NAME}. Put it back or use a new run "
                    "folder."
                )
            return self
        begun = Run.open(self.path)
        found = _changes(begun, self)
        if not found:
            return dataclasses.replace(self, manifest=begun.manifest, history=begun.history)
        entry = run_history.Entry(
            when=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            step=(self.steps() or [0])[-1],
            version=version.__version__,
            changes=found,
        )
        made_with = {
            part: self.manifest[part] for part in run_history.MADE_WITH if part in self.manifest
        }
        return dataclasses.replace(
            self, manifest={**begun.manifest, **made_with}, history=(*begun.history, entry)
        )

    @property
    def checkpoints_dir(self) -> Path:
        """Where the run's checkpoints are."""
        return self.path / checkpoint_names.FOLDER

    def steps(self) -> list[int]:
        """Steps with a complete checkpoint, rising."""
        return checkpoints.steps(self.checkpoints_dir)

    def check_identity(self, identity: str) -> None:
        """Refuse an identity that the run has not.

        Raises:
            RunError: if the run has no such identity.
        """
        if identity not in self.identities:
            raise errors.RunError(
                f"The run {self.path} has no identity {identity!r}; it has "
                f"{', '.join(self.identities)}. Name one of these."
            )

    def load_params(
        self, *, step: int | None = None, identities: Iterable[str] | None = None
    ) -> tuple[topologies.Params, int]:
        """The parameters that conversion uses, and their step: the average, where one is kept.

        Args:
            step: a checkpoint's step; None takes the latest.
            identities: whose parts are read beside what all share; None reads those of all.

        Raises:
            RunError: if there is no checkpoint, it is broken, or the run has no such identity.
        """
        wanted = self.identities if identities is None else sorted(set(identities))
        for identity in wanted:
            self.check_identity(identity)
        steps = self.steps()
        if not steps:
            raise errors.RunError(
                f"The run {self.path} has no checkpoint yet. Train it: jaxswap train --run "
                f"{self.path} ..."
            )
        if step is not None and step not in steps:
            raise errors.RunError(
                f"The run {self.path} has no checkpoint of step {step}; it has {steps}."
            )
        step = steps[-1] if step is None else step
        device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
        abstract = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=device),
            self._shapes(wanted),
        )
        name = "ema" if self.config.optimizer.ema else "params"
        with checkpoints.Store(self.checkpoints_dir) as store:
            return store.restore_part(step, name, abstract), step

    def _shapes(self, identities: Iterable[str]) -> topologies.Params:
        """Of the parameters with the parts of some identities."""
        net = building.build(self.config.model)
        whole = jax.eval_shape(
            lambda key: net.init(key, identities=self.identities), jax.random.key(0)
        )
        return topologies.of_some(whole, identities)

    def fingerprint(self, *, step: int | None = None) -> str:
        """`parameters_sha256` of the parameters that conversion uses at a step."""
        return parameters_sha256(self.load_params(step=step)[0])


def parameters_sha256(params: topologies.Params) -> str:
    """SHA-256 over name, type, shape and bytes of every parameter, in the order of the names."""
    digest = hashlib.sha256()
    leaves = {
        jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf)
        for path, leaf in jax.tree_util.tree_flatten_with_path(params)[0]
    }
    for name, leaf in sorted(leaves.items()):
        digest.update(f"{name} {leaf.dtype} {leaf.shape}\n".encode())
        digest.update(np.ascontiguousarray(leaf).tobytes())
    return digest.hexdigest()


def _changes(begun: Run, wanted: Run) -> dict[str, dict[str, Any]]:
    """What changes when the run goes on as `wanted`.

    Raises:
        RunError: if something changes that may not.
    """
    if begun.identities != wanted.identities:
        raise errors.RunError(
            f"The run {begun.path} was begun with the identities {', '.join(begun.identities)}, "
            f"not {', '.join(wanted.identities)}. Use the same, or a new run folder."
        )
    found = run_history.differences(begun.config, wanted.config)
    refused = [
        f"{each.name} {each.before} there, {each.after} here"
        for each in found
        if not each.may_change
    ]
    if refused:
        raise errors.RunError(
            f"The run {begun.path} was begun with another configuration: {'; '.join(refused)}. "
            "Use the same preset and options, or a new run folder."
        )
    return run_history.changes(found, before=begun.manifest, after=wanted.manifest)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Stored:
    """What run.json holds."""

    config: config.Config
    manifest: Mapping[str, Any]
    history: tuple[run_history.Entry, ...] = ()

    def identities(self) -> tuple[str, ...]:
        """The names in the manifest, sorted."""
        return tuple(sorted(entry["name"] for entry in self.manifest["identities"]))

    def __post_init__(self) -> None:
        entries = self.manifest.get("identities")
        listed = entries if isinstance(entries, list) else []
        found = [entry.get("name") if isinstance(entry, dict) else None for entry in listed]
        good = [name for name in found if isinstance(name, str) and names.IDENTITY.fullmatch(name)]
        if not good or len(set(good)) != len(found):
            raise ValueError(
                "`manifest.identities` must be objects with a `name` each, no two of them the same."
            )


def read_metrics(run_dir: Path) -> list[dict[str, int | float]]:
    """The reports of a run so far, in order.

    A line cut off by a crash is left out, and values that are no numbers.
    """
    path = run_dir / "metrics.jsonl"
    if not path.is_file():
        return []
    reports = []
    with path.open("rb") as lines:
        while line := lines.readline(MAX_LINE_BYTES):
            try:
                values = storing.parse_json(line)
            except ValueError:
                continue
            if isinstance(values, dict) and type(values.get("step")) is int:
                reports.append(
                    {name: value for name, value in values.items() if type(value) in (int, float)}
                )
    return reports
