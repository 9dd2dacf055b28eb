"""Plots of the report, as PNG bytes, for a light and a dark page."""

import dataclasses
import io
from collections.abc import Mapping, Sequence

import matplotlib
import matplotlib.axes
import numpy as np
from jaxtyping import Float
from matplotlib import figure, ticker

SIZE_INCHES = (6.4, 2.8)
DPI = 130
MAX_POINTS = 1000  # of a line over time: about one a pixel
STYLES = ("-", "--", ":")  # when the colours are used up
MOVING = 0.05  # share of the lines of metrics that the moving average spans


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours of one kind of page; `series` for the lines in turn."""

    ink: str
    grid: str
    series: tuple[str, ...]


THEMES = {
    "light": Theme(
        ink="#4b5563",
        grid="#e5e7eb",
        series=("#2563eb", "#ea580c", "#059669", "#9333ea", "#dc2626", "#0891b2"),
    ),
    "dark": Theme(
        ink="#9ca3af",
        grid="#374151",
        series=("#60a5fa", "#fb923c", "#34d399", "#c084fc", "#f87171", "#22d3ee"),
    ),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Course:
    """What a plot over time shows.

    Attributes:
        column: of the candidates' rows.
        name: of the plot.
        axis: what is at the side.
        factor: of the values there.
        footage: the column, also of the candidates' rows, that says the same of the footage.
    """

    column: str
    name: str
    axis: str
    factor: float = 1.0
    footage: str | None = None


COURSES = (
    Course(
        column="landmark_error", name="Landmark error", axis="% of the eye distance", factor=100.0
    ),
    Course(column="pose_error", name="Pose error", axis="degrees"),
    Course(column="seam", name="Seam", axis="gradients, after over before"),
    Course(
        column="color_after",
        name="Colour beside the skin around",
        axis="CIEDE2000",
        footage="color_before",
    ),
    Course(
        column="landmark_jitter_after",
        name="Jitter of landmarks",
        axis="% of the eye distance",
        factor=100.0,
        footage="landmark_jitter_before",
    ),
    Course(
        column="flow_jitter_after",
        name="Warping error",
        axis="levels",
        factor=255.0,
        footage="flow_jitter_before",
    ),
)


def course(
    times: Float[np.ndarray, " t"],
    lines: Mapping[str, Float[np.ndarray, " t"]],
    drawn: Course,
    theme: Theme,
    *,
    footage: Float[np.ndarray, " t"] | None = None,
) -> bytes | None:
    """A figure of each candidate over time; None if there is nothing to draw.

    Args:
        times: of the frames, in seconds.
        lines: values by the name of the candidate, NaN where there is none.
        drawn: what they are.
        theme: colours.
        footage: the values of the footage, if it has some.
    """
    known = {name: v * drawn.factor for name, v in lines.items() if np.isfinite(v).sum() >= 2}
    if not known:
        return None
    drawing, axes = _axes(theme, x="time in seconds", y=drawn.axis)
    if footage is not None:
        line = _thinned(times, footage * drawn.factor)
        axes.plot(*line, color=theme.ink, linewidth=0.8, alpha=0.6, label="footage")
    for index, name in enumerate(lines):
        if name in known:
            axes.plot(
                *_thinned(times, known[name]),
                color=theme.series[index % len(theme.series)],
                linestyle=STYLES[index // len(theme.series) % len(STYLES)],
                linewidth=1.2,
                label=name,
            )
    axes.set_ylim(bottom=min(0.0, *(float(np.nanmin(values)) for values in known.values())))
    axes.set_xlim(times[0], times[-1])
    _legend(drawing, theme)
    return _png(drawing)


def _thinned(
    times: Float[np.ndarray, " t"], values: Float[np.ndarray, " t"]
) -> tuple[np.ndarray, np.ndarray]:
    """As many points as the plot has room for: the mean of each few frames."""
    step = -(-len(times) // MAX_POINTS)
    if step == 1:
        return times, values
    starts = np.arange(0, len(times), step)
    known = np.isfinite(values)
    counts = np.add.reduceat(known.astype(float), starts)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    return times[starts], np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def training_loss(
    reports: Sequence[Mapping[str, int | float]], names: Sequence[str], theme: Theme
) -> bytes | None:
    """Loss of each identity over the steps of a run; None if too little was written.

    Args:
        reports: the run's metrics, as `runs.read_metrics` gives them.
        names: of the identities.
        theme: colours.
    """
    drawing, axes = _axes(theme, x="step", y="loss")
    drawn = 0
    for index, name in enumerate(names):
        key = f"loss/{name}"
        points = [(r["step"], r[key]) for r in reports if isinstance(r.get(key), float)]
        if len(points) < 2:
            continue
        steps, losses = zip(*points, strict=True)
        color = theme.series[index % len(theme.series)]
        axes.plot(steps, losses, color=color, linewidth=0.6, alpha=0.35)
        axes.plot(steps, _smooth(losses), color=color, linewidth=1.6, label=name)
        drawn += 1
    if not drawn:
        return None
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    _legend(drawing, theme)
    return _png(drawing)


def _smooth(values: Sequence[float]) -> list[float]:
    """Centred moving average, over fewer values at the ends."""
    reach = max(1, round(MOVING * len(values) / 2))
    windows = [values[max(0, i - reach) : i + reach + 1] for i in range(len(values))]
    return [sum(window) / len(window) for window in windows]


def _axes(theme: Theme, *, x: str, y: str) -> tuple[figure.Figure, matplotlib.axes.Axes]:
    # A Figure of its own, not pyplot: pyplot keeps global state and may look for a screen.
    drawing = figure.Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = drawing.add_subplot(facecolor="none")
    axes.set_xlabel(x, color=theme.ink)
    axes.set_ylabel(y, color=theme.ink)
    axes.tick_params(which="both", colors=theme.ink, length=0)
    axes.grid(color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    return drawing, axes


def _legend(drawing: figure.Figure, theme: Theme) -> None:
    """Above the axes, where it hides no line."""
    drawing.legend(frameon=False, labelcolor=theme.ink, loc="outside upper left", ncols=4)


def _png(drawing: figure.Figure) -> bytes:
    stream = io.BytesIO()
    drawing.savefig(stream, format="png", dpi=DPI, transparent=True, metadata={"Software": None})
    return stream.getvalue()
