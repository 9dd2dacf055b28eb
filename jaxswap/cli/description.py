"""What `info` says: plain JSON values, and the same as lines of text."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jaxswap import config, errors, presets


def of_preset(name: str) -> dict[str, Any]:
    """A preset: its configuration, and the parameter counts of its parts for two identities."""
    preset = presets.named(name)
    return {
        "kind": "preset",
        "preset": name,
        "identities": 2,
        "parameters": _parameters(preset.model, num_identities=2),
        "config": config.to_dict(preset),
    }


def of_path(path: Path) -> dict[str, Any]:
    """A faceset, dataset, run, or video or image, by what lies at `path`.

    Raises:
        JaxswapError: if nothing is there, or nothing that jaxswap knows.
    """
    if not path.exists():
        raise errors.FootageError(f"{path} does not exist: check the path.")
    if (path / "run.json").exists():
        return _of_run(path)
    if (path / "faceset.json").exists():
        from jaxswap.vision import faceset

        return {"kind": "faceset", "path": str(path), **faceset.Faceset.open(path).info()}
    if (path / "dataset.json").exists():
        from pipelines import dataset

        return {"kind": "dataset", "path": str(path), **dataset.Dataset.open(path).info()}
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
        "path": str(path),
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
    import dataclasses

    from jaxswap import footage
    from jaxswap.provenance import reading

    probed = footage.probe(path)
    mark = reading.read(footage.image_files(path)[0] if path.is_dir() else path)
    return {
        "kind": probed.kind,
        "path": str(path),
        "synthetic": mark is not None,
        "mark": None if mark is None else dataclasses.asdict(mark),
        "width": probed.width,
        "height": probed.height,
        "frames": probed.num_frames,
        "duration_s": probed.duration_s,
        "frame_rate": None if probed.frame_rate is None else float(probed.frame_rate),
        "audio_streams": probed.audio_streams,
    }


def lines(found: Mapping[str, Any], *, indent: str = "") -> Iterator[str]:
    """`found` as aligned lines of text, its nested parts indented; what is not known is left out.

    Args:
        found: what `of_path` or `of_preset` gave.
        indent: what each line begins with.
    """
    width = max((len(key) for key in found), default=0)
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from lines(value, indent=indent + "  ")
        elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
            for item in value:
                yield f"{indent}{key}:"
                yield from lines(item, indent=indent + "  ")
        elif value is not None:
            yield f"{indent}{key:<{width}}  {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)
