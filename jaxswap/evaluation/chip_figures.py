"""The figures of runs on validation chips."""

from collections.abc import Iterator, Mapping

from jaxswap.evaluation import figures, validation_chips

_QUALITY: dict[str, tuple[str, figures.Scale, figures.Direction, str]] = {
    "l1": (
        "L1",
        figures.Scale("{:.4f}"),
        "lower",
        "Mean error of the pixels, of the range 0 to 1, on {chips} held-out chips of {name} that "
        "{name}'s own decoder gives back.",
    ),
    "ssim": ("SSIM", figures.THREE_DIGITS, "higher", "Structural similarity; 1 is perfect."),
    "psnr": ("PSNR", figures.DECIBELS, "higher", "Peak signal-to-noise ratio."),
}
"""Name, scale, direction and meaning by the field of `validation_chips.Quality`."""


def of_runs(runs: Mapping[str, validation_chips.ChipResults]) -> Iterator[figures.Figure]:
    """Reconstruction of each identity by the runs, inside the face where that is known."""
    identities = dict.fromkeys(name for run in runs.values() for name in run.reconstructions)
    for name in identities:
        found = {
            candidate: run.reconstructions[name]
            for candidate, run in runs.items()
            if name in run.reconstructions
        }
        yield from _of_identity(name, found)


def _of_identity(
    name: str, found: Mapping[str, validation_chips.Reconstruction]
) -> Iterator[figures.Figure]:
    where = "face" if all(one.face for one in found.values()) else "view"
    inside = "inside the face" if where == "face" else "of the view"
    chips = next(iter(found.values())).chips
    for key, (short, scale, better, meaning) in _QUALITY.items():
        yield figures.Figure(
            key=f"reconstruction/{name}/{where}/{key}",
            name=f"{short} of {name}, {inside}",
            values={column: getattr(getattr(one, where), key) for column, one in found.items()},
            scale=scale,
            better=better,
            meaning=meaning.format(name=name, chips=chips),
        )
    alike = {column: one.lpips for column, one in found.items() if one.lpips is not None}
    if alike:
        yield figures.Figure(
            key=f"reconstruction/{name}/view/lpips",
            name=f"LPIPS of {name}, of the view",
            values=alike,
            scale=figures.THREE_DIGITS,
            better="lower",
            meaning="How unlike the same chips look to a network that learned people's judgements; "
            "0 is the same.",
        )
