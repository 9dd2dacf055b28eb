"""The report: report.json and CSV tables for machines, report.html for people.

The page is one file: pictures are inside it, nothing is loaded from elsewhere and nothing runs.
"""

import base64
import csv
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from jaxtyping import UInt8

from jaxswap import errors, files, images, runs, types, version
from jaxswap.evaluation import (
    chip_figures,
    clip_figures,
    clip_results,
    figures,
    notes,
    plots,
    shown_frames,
    tables,
    validation_chips,
)
from jaxswap.vision import descriptor

FORMAT = 2

_ODD = "backslashreplace"  # what becomes of bytes of file names that are no UTF-8


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class RunResults:
    """A run and its figures on validation chips."""

    run: runs.Run
    chips: validation_chips.ChipResults


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """All that a report is made of.

    Attributes:
        runs: figures of validation chips, by the name of the candidate that a run made.
        clip: footage and candidates; None if only runs were measured.
    """

    runs: Mapping[str, RunResults] = dataclasses.field(default_factory=dict)
    clip: clip_results.ClipResults | None = None

    @property
    def names(self) -> list[str]:
        """The candidates."""
        return list(dict.fromkeys([*(self.clip.candidates if self.clip else ()), *self.runs]))

    @property
    def lines(self) -> list[figures.Figure]:
        """The figures that a person reads first, in the order of the report."""
        return [
            *(clip_figures.of_clip(self.clip) if self.clip else ()),
            *chip_figures.of_runs({name: found.chips for name, found in self.runs.items()}),
        ]

    @property
    def notes(self) -> list[str]:
        """What a reader must know beside them."""
        return list(notes.of_clip(self.clip)) if self.clip else []


def write(out: Path, made: Report) -> Path:
    """Write the report into a folder; reports that are there already are replaced.

    Args:
        out: folder; created if need be. What else is in it stays.
        made: what was measured.

    Returns:
        The page, report.html.

    Raises:
        OutputError: if the folder cannot be written.
    """
    page = _page(made)
    try:
        files.write_json(out / "report.json", _values(made))
        _write_csv(out / "report.csv", tables.of_figures(made.names, made.lines))
        if made.clip:
            _write_csv(out / "frames.csv", tables.of_frames(made.clip))
        else:
            (out / "frames.csv").unlink(missing_ok=True)  # of an earlier report
        _write_text(out / "report.html", page)
    except OSError as error:
        raise errors.OutputError(
            f"The report cannot be written to {out} ({error.strerror or error}). "
            "Free some space or choose another folder with --out."
        ) from error
    return out / "report.html"


def _values(made: Report) -> dict[str, Any]:
    """report.json; what could not be measured is null."""
    clip = made.clip
    values = {
        "format": FORMAT,
        "version": version.__version__,
        "footage": clip and {"file": clip.file, "frames": clip.frames, "faces": clip.faces},
        "swap": clip and clip.swap and dataclasses.asdict(clip.swap),
        "identities": clip and clip.identities and dataclasses.asdict(clip.identities),
        "figures": [
            {
                "key": line.key,
                "name": line.name,
                "unit": line.scale.unit,
                "better": line.better,
                "values": line.values,
                "best": sorted(line.best),
            }
            for line in made.lines
        ],
        "candidates": {name: _candidate(name, made) for name in made.names},
        "notes": made.notes,
    }
    return _finite(values)


def _candidate(name: str, made: Report) -> dict[str, Any]:
    """All that is known of one candidate, in full."""
    values: dict[str, Any] = {"clip": None, "run": None}
    if made.clip:
        found = made.clip.candidates[name]
        left_out = ("rows",)
        values["clip"] = {
            **{
                field.name: _plain(getattr(found, field.name))
                for field in dataclasses.fields(found)
                if field.name not in left_out
            },
            **{key: getattr(found, key) for key in ("paired", "found", "swapped")},
        }
    if name in made.runs:
        run, on_chips = made.runs[name].run, made.runs[name].chips
        values["run"] = {
            "identities": list(run.identities),
            "step": on_chips.step,
            "parameters_sha256": on_chips.parameters_sha256,
            "chips": _plain(on_chips.reconstructions),
        }
    return values


def _plain(value: Any) -> Any:
    """Dataclasses as dicts, inside of dicts, too."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_csv(path: Path, rows: Iterable[Sequence[str | float]]) -> None:
    with (
        files.replacing(path) as partial,
        partial.open("w", encoding="utf-8", errors=_ODD, newline="") as stream,
    ):
        csv.writer(stream, lineterminator="\n").writerows(rows)


def _write_text(path: Path, text: str) -> None:
    with files.replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", errors=_ODD)


def _page(made: Report) -> str:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"png": _png, "jpeg": _jpeg, "strip": _strip}
    asset = resources.files("jaxswap.evaluation") / "assets" / "report.html.j2"
    template = environment.from_string(asset.read_text(encoding="utf-8"))
    shown = made.clip.pictures if made.clip else []
    return template.render(
        title=made.clip.file if made.clip else ", ".join(made.names),
        clip=made.clip,
        runs=made.runs,
        names=made.names,
        columns=tables.columns(made.names, made.lines),
        lines=made.lines,
        directions=tables.DIRECTIONS,
        notes=made.notes,
        footage=shown_frames.FOOTAGE,
        worst={name: [p for p in shown if p.candidate == name] for name in made.names},
        even=[picture for picture in shown if picture.candidate is None],
        courses=_courses(made.clip),
        losses={
            name: _plot(lambda theme, run=found.run: _losses(run, theme))
            for name, found in made.runs.items()
        },
        same_person=descriptor.SAME_PERSON,
        version=version.__version__,
    )


def _courses(clip: clip_results.ClipResults | None) -> list[tuple[str, dict[str, str]]]:
    """The plots over time, with their names."""
    if clip is None:
        return []
    times = clip.rows["time_s"]

    def draw(course: plots.Course) -> dict[str, str] | None:
        lines = {name: found.rows[course.column] for name, found in clip.candidates.items()}
        footage = clip.footage(course.footage) if course.footage else None
        return _plot(lambda theme: plots.course(times, lines, course, theme, footage=footage))

    drawn = [(course.name, draw(course)) for course in plots.COURSES]
    return [(name, plot) for name, plot in drawn if plot]


def _losses(run: runs.Run, theme: plots.Theme) -> bytes | None:
    return plots.training_loss(runs.read_metrics(run.path), run.identities, theme)


def _plot(draw: Callable[[plots.Theme], bytes | None]) -> dict[str, str] | None:
    """A plot for each theme as data URIs."""
    drawn = {name: draw(theme) for name, theme in plots.THEMES.items()}
    shown = {name: _uri("image/png", data) for name, data in drawn.items() if data is not None}
    return shown if len(shown) == len(drawn) else None


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
