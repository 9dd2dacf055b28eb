# pyright: strict
"""`jaxswap.info`: what a faceset, dataset, run, preset, video or image is, as JSON values."""

import dataclasses
import os
from pathlib import Path
from typing import Any

from jaxswap import config, errors, presets
from jaxswap.api import paths
from jaxswap.places import local_copies


def info(what: paths.AnyPath | config.Config) -> dict[str, Any]:
    """Say what a faceset, dataset, run, preset, video or image is.

    Of a video or image that jaxswap made, the mark is read that says so.

    Args:
        what: a path, or a configuration.

    Returns:
        JSON values, `kind` first.

    Raises:
        JaxswapError: if nothing is there, or nothing that jaxswap knows.
    """
    if isinstance(what, config.Config):
        return _of_config(what)
    with local_copies.LocalCopies() as copies:
        return {**_of_path(copies.fetch(paths.place(what))), "path": os.fspath(what)}


def _of_config(configuration: config.Config) -> dict[str, Any]:
    """The configuration, and the parameter counts of its parts for two identities."""
    return {
        "kind": "preset",
        "preset": presets.name_of(configuration),
        "identities": 2,
        "parameters": _parameters(configuration.model, num_identities=2),
        "config": config.to_dict(configuration),
    }


def _of_path(path: Path) -> dict[str, Any]:
    """What lies at `path`."""
    if not path.exists():
        raise errors.FootageError(f"{path} does not exist: check the path.")
    if (path / "run.json").exists():
        return _of_run(path)
    if (path / "faceset.json").exists():
        from jaxswap.vision import faceset

        return {"kind": "faceset", "path": "", **faceset.Faceset.open(path).info()}
    if (path / "dataset.json").exists():
        from pipelines import dataset

        return {"kind": "dataset", "path": "", **dataset.Dataset.open(path).info()}
    return _of_footage(path)


def _parameters(model: config.Model, *, num_identities: int) -> dict[str, int]:
    """Counts by part in the order of the data's flow; of `decoder` and `mask_head`, for each."""
    from jaxswap.models import building

    counts = building.count_parameters(model, num_identities=num_identities)
    order = ("encoder", "inter", "encoder_and_inter", "decoder", "mask_head", "mask_encoder")
    known = [part for part in order if part in counts]
    rest = [part for part in counts if part not in (*order, "total")]
    return {part: counts[part] for part in (*known, *rest, "total")}


def _of_run(path: Path) -> dict[str, Any]:
    from jaxswap import runs, storing

    run = runs.Run.open(path)
    found = {
        "kind": "run",
        "path": "",
        "preset": run.manifest.get("preset"),
        "identities": list(run.identities),
        "steps": run.config.steps,
        "checkpoints": list(run.steps()),
        "step": None,
        "parameters_sha256": None,
    }
    if run.steps():
        params, step = run.load_params()
        found["step"] = step
        found["parameters_sha256"] = runs.parameters_sha256(params)
    found["parameters"] = _parameters(run.config.model, num_identities=len(run.identities))
    found["versions"] = run.manifest.get("versions")
    found["created"] = run.manifest.get("created")
    found["history"] = [storing.to_dict(entry) for entry in run.history]
    return found


def _of_footage(path: Path) -> dict[str, Any]:
    from jaxswap import footage
    from jaxswap.provenance import reading

    probed = footage.probe(path)
    mark = reading.read(footage.image_files(path)[0] if path.is_dir() else path)
    return {
        "kind": probed.kind,
        "path": "",
        "synthetic": mark is not None,
        "mark": None if mark is None else dataclasses.asdict(mark),
        "width": probed.width,
        "height": probed.height,
        "frames": probed.num_frames,
        "duration_s": probed.duration_s,
        "frame_rate": None if probed.frame_rate is None else float(probed.frame_rate),
        "audio_streams": probed.audio_streams,
    }
