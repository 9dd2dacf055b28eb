"""A run folder, opened: its configuration, its identities, its parameters.

run.json is written when training begins: the configuration and the manifest, which says from what
data, with which versions and on what hardware the run was made.
"""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxswap import checkpoints, config, errors, files
from jaxswap.models import autoencoder
from jaxswap.places import checkpoint_names

FORMAT = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """An opened run folder.

    Attributes:
        path: the folder.
        config: what the run was trained with.
        identities: names, in the order of the decoders.
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
            identities = tuple(str(entry["name"]) for entry in manifest["identities"])
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

    def index(self, identity: str) -> int:
        """Which decoder belongs to an identity.

        Raises:
            RunError: if the run has no such identity.
        """
        if identity not in self.identities:
            raise errors.RunError(
                f"The run {self.path} has no identity {identity!r}; it has "
                f"{', '.join(self.identities)}. Name one of these."
            )
        return self.identities.index(identity)

    def load_params(self, *, step: int | None = None) -> tuple[autoencoder.Params, int]:
        """The parameters that conversion uses, and their step: the average, where one is kept.

        Args:
            step: a checkpoint's step; None takes the latest.

        Raises:
            RunError: if there is no checkpoint, or it is broken.
        """
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
            jax.eval_shape(
                lambda key: autoencoder.init(
                    key, self.config.model, num_identities=len(self.identities)
                ),
                jax.random.key(0),
            ),
        )
        name = "ema" if self.config.optimizer.ema else "params"
        with checkpoints.Store(self.checkpoints_dir) as store:
            return store.restore_part(step, name, abstract), step

    def fingerprint(self, *, step: int | None = None) -> str:
        """`parameters_sha256` of the parameters that conversion uses at a step."""
        return parameters_sha256(self.load_params(step=step)[0])


def parameters_sha256(params: autoencoder.Params) -> str:
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
