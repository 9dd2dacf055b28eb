"""A run folder, opened: its configuration, its identities, its parameters.

run.json is written when training begins: the configuration and the manifest, which says from what
data, with which versions and on what hardware the run was made.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxswap import checkpoints, config, errors, files
from jaxswap.models import building, topologies
from jaxswap.places import checkpoint_names

FORMAT = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """An opened run folder.

    Attributes:
        path: the folder.
        config: what the run was trained with.
        identities: names, sorted.
        manifest: preset, identities with the fingerprints of their data, versions, hardware.
    """

    path: Path
    config: config.Config
    identities: tuple[str, ...]
    manifest: dict[str, Any]

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Open a run folder.

        Raises:
            RunError: if it is no run folder, or its run.json is broken.
        """
        file = path / "run.json"
        if not file.is_file():
            raise errors.RunError(
                f"{path} is no run folder (it has no run.json). "
                "Name the folder that `jaxswap train --run` was given."
            )
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise ValueError(f"format {values['format']}, not {FORMAT}")
            manifest = values["manifest"]
            identities = tuple(sorted(str(entry["name"]) for entry in manifest["identities"]))
            parsed = config.from_dict(config.Config, values["config"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise errors.RunError(
                f"{file} is broken or of another version of jaxswap ({error}). "
                "Train again in a new run folder."
            ) from error
        return cls(path=path, config=parsed, identities=identities, manifest=manifest)

    def write(self) -> None:
        """Write run.json."""
        values = {
            "format": FORMAT,
            "config": config.to_dict(self.config),
            "manifest": self.manifest,
        }
        files.write_json(self.path / "run.json", values)

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


def read_metrics(run_dir: Path) -> list[dict[str, int | float]]:
    """The reports of a run so far, in order; a line cut off by a crash is left out."""
    path = run_dir / "metrics.jsonl"
    if not path.is_file():
        return []
    reports = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            report = json.loads(line)
        except ValueError:
            continue
        if isinstance(report, dict) and isinstance(report.get("step"), int):
            reports.append(report)
    return reports
