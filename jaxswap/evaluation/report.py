"""The report: report.json and CSV tables for machines, report.html for people.

The page is one file: pictures are inside it, nothing is loaded from elsewhere and nothing runs.
"""

import base64
import csv
import dataclasses
import io
import math
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from jaxtyping import UInt8

from jaxswap import errors, files, images, runs, types, version
from jaxswap.evaluation import agreement, chips, clip_results, figures, plots
from jaxswap.faces import descriptor

FORMAT = 1
NUM_WHOLE = 3  # frames of the clip that are shown whole; of the others the face alone


def write(
    out: Path,
    *,
    run: runs.Run,
    on_chips: chips.ChipResults | None = None,
    on_clip: clip_results.ClipResults | None = None,
) -> Path:
    """Write the report into a folder; reports that are there already are replaced.

    Args:
        out: folder; created if need be. What else is in it stays.
        run: what was measured.
        on_chips: figures and pictures of validation chips.
        on_clip: the same of a converted clip.

    Returns:
        The page, report.html.

    Raises:
        OutputError: if the folder cannot be written.
    """
    shown = lines(on_chips=on_chips, on_clip=on_clip)
    page = _page(run, on_chips, on_clip, shown)
    try:
        files.write_json(out / "report.json", _values(run, on_chips, on_clip, shown))
        table = [("key", "value", "unit", "better")]
        table += [(line.key, line.value, line.unit, line.better) for line in shown]
        _write_text(out / "report.csv", _csv(table))
        if on_clip:
            names = [field.name for field in dataclasses.fields(clip_results.FrameFigures)]
            rows = [[getattr(row, name) for name in names] for row in on_clip.rows]
            _write_text(out / "frames.csv", _csv([names, *rows]))
        else:
            (out / "frames.csv").unlink(missing_ok=True)  # of an earlier report
        _write_text(out / "report.html", page)
    except OSError as error:
        raise errors.OutputError(
            f"The report cannot be written to {out} ({error.strerror or error}). "
            "Free some space or choose another folder with --out."
        ) from error
    return out / "report.html"


def lines(
    *,
    on_chips: chips.ChipResults | None = None,
    on_clip: clip_results.ClipResults | None = None,
) -> list[figures.Figure]:
    """The figures that a person reads first, in the order of the report."""
    return [
        *(figures.of_clip(on_clip) if on_clip else ()),
        *(figures.of_chips(on_chips) if on_chips else ()),
    ]


def _values(
    run: runs.Run,
    on_chips: chips.ChipResults | None,
    on_clip: clip_results.ClipResults | None,
    shown: Sequence[figures.Figure],
) -> dict[str, Any]:
    """report.json; what could not be measured is null."""
    values: dict[str, Any] = {
        "format": FORMAT,
        "version": version.__version__,
        "run": {"path": str(run.path), "identities": list(run.identities)},
        "figures": {line.key: line.value for line in shown},
        "chips": None,
        "clip": None,
    }
    if on_chips:
        values["run"]["step"] = on_chips.step
        values["run"]["parameters_sha256"] = on_chips.parameters_sha256
        values["chips"] = {
            name: dataclasses.asdict(found) for name, found in on_chips.reconstructions.items()
        }
    if on_clip:
        left_out = ("rows", "pictures", "expression", "identities")
        values["clip"] = {
            field.name: getattr(on_clip, field.name)
            for field in dataclasses.fields(on_clip)
            if field.name not in left_out
        }
        for name in ("expression", "identities"):
            part = getattr(on_clip, name)
            values["clip"][name] = None if part is None else dataclasses.asdict(part)
    return _finite(values)


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _write_text(path: Path, text: str) -> None:
    with files.replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _page(
    run: runs.Run,
    on_chips: chips.ChipResults | None,
    on_clip: clip_results.ClipResults | None,
    shown: Sequence[figures.Figure],
) -> str:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"png": _png, "jpeg": _jpeg, "strip": _strip}
    asset = resources.files("jaxswap.evaluation") / "assets" / "report.html.j2"
    template = environment.from_string(asset.read_text(encoding="utf-8"))
    reports = runs.read_metrics(run.path)
    return template.render(
        run=run,
        title=run.path.resolve().name,
        chips=on_chips,
        clip=on_clip,
        lines=shown,
        whole=_spread(on_clip.pictures if on_clip else [], NUM_WHOLE),
        loss_plot=_plot(lambda theme: plots.training_loss(reports, run.identities, theme)),
        error_plot=_plot(
            lambda theme: plots.landmark_error(on_clip.rows if on_clip else [], theme)
        ),
        same_person=descriptor.SAME_PERSON,
        min_frames=agreement.MIN_FRAMES,
        version=version.__version__,
    )


def _spread(pictures: Sequence[clip_results.Picture], wanted: int) -> list[clip_results.Picture]:
    """Some of the pictures, from the first to the last."""
    positions = np.linspace(0, len(pictures) - 1, min(wanted, len(pictures)))
    return [pictures[round(position)] for position in positions]


def _plot(draw: Callable[[plots.Theme], bytes | None]) -> dict[str, str] | None:
    """A plot for each theme as data URIs."""
    drawn = {name: draw(theme) for name, theme in plots.THEMES.items()}
    if None in drawn.values():
        return None
    return {name: _uri("image/png", data) for name, data in drawn.items()}


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _png(image_u8: types.ImageU8) -> str:
    return _uri("image/png", images.encode_png(image_u8, compression=9))


def _jpeg(image_u8: types.ImageU8) -> str:
    return _uri("image/jpeg", images.encode_jpeg(image_u8, quality=88))


def _strip(pictures_u8: UInt8[np.ndarray, "n s s c"]) -> types.ImageU8:
    """Pictures side by side; masks become grey."""
    row = np.concatenate(list(pictures_u8), axis=1)
    return np.ascontiguousarray(np.broadcast_to(row, (*row.shape[:2], 3)))
