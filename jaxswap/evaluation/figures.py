"""The figures of a report as a reader meets them: named, with a unit, a direction and the best."""

import dataclasses
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import numpy as np

from jaxswap.evaluation import clip_results, seam, shown_frames, validation_chips
from jaxswap.vision import descriptor

Values = Mapping[str, float | None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        key: name for machines, stable.
        name: name for people.
        values: as in report.json, by column: those of the candidates under their names, that of the
            footage itself under `shown_frames.FOOTAGE`. A column that has none is left out.
        unit: of the values; empty for a share or another pure number.
        form: value and unit for people, with a place for the value.
        factor: of the value in `form`.
        better: which direction is good; "one" is the nearer to 1 by its ratio.
        meaning: one or two sentences.
    """

    key: str
    name: str
    values: dict[str, float]
    unit: str
    form: str
    factor: float = 1.0
    better: Literal["higher", "lower", "one"]
    meaning: str

    def shown(self, column: str) -> str | None:
        """A value for people; None if the column has none."""
        if column not in self.values:
            return None
        return self.form.format(self.factor * self.values[column])

    @property
    def best(self) -> frozenset[str]:
        """The best of two candidates or more; several if they are equal."""
        values = {name: v for name, v in self.values.items() if name != shown_frames.FOOTAGE}
        if len(values) < 2:
            return frozenset()
        cost = {"higher": operator.neg, "lower": float, "one": lambda value: abs(math.log(value))}
        costs = {name: cost[self.better](value) for name, value in values.items()}
        return frozenset(name for name in costs if costs[name] == min(costs.values()))


def of_chips(runs: Mapping[str, validation_chips.ChipResults]) -> Iterator[Figure]:
    """Reconstruction of each identity by the runs, inside the face where that is known."""
    found = {
        (identity_name, candidate): reconstruction
        for candidate, results in runs.items()
        for identity_name, reconstruction in results.reconstructions.items()
    }
    for name in dict.fromkeys(identity_name for identity_name, _ in found):
        of_name = {candidate: r for (other, candidate), r in found.items() if other == name}
        where = "face" if all(r.face for r in of_name.values()) else "view"
        inside = "inside the face" if where == "face" else "of the view"
        count = next(iter(of_name.values())).chips
        for key, short, form, unit, better, meaning in (
            (
                "l1",
                "L1",
                "{:.4f}",
                "",
                "lower",
                f"Mean error of the pixels, of the range 0 to 1, on {count} held-out chips of "
                f"{name} that {name}'s own decoder gives back.",
            ),
            ("ssim", "SSIM", "{:.3f}", "", "higher", "Structural similarity; 1 is perfect."),
            ("psnr", "PSNR", "{:.1f} dB", "dB", "higher", "Peak signal-to-noise ratio."),
        ):
            yield Figure(
                key=f"reconstruction/{name}/{where}/{key}",
                name=f"{short} of {name}, {inside}",
                values={c: getattr(getattr(r, where), key) for c, r in of_name.items()},
                unit=unit,
                form=form,
                better=better,
                meaning=meaning,
            )
        alike = {c: r.lpips for c, r in of_name.items() if r.lpips is not None}
        if alike:
            yield Figure(
                key=f"reconstruction/{name}/view/lpips",
                name=f"LPIPS of {name}, of the view",
                values=alike,
                unit="",
                form="{:.3f}",
                better="lower",
                meaning="How unlike the same chips look to a network that learned people's "
                "judgements; 0 is the same.",
            )


def of_clip(results: clip_results.ClipResults) -> Iterator[Figure]:
    """Whether each candidate is swapped, in place, with pose and expression, and who it shows."""
    for made in (
        *_presence(results),
        *_identities(results),
        *_landmarks(results),
        *_expression(results),
        *_pose(results),
        _seam(results),
        *_color(results),
        *_steadiness(results),
        *_rest(results),
    ):
        if made.values:
            yield made


def _by_candidate(
    results: clip_results.ClipResults,
    value: Callable[[clip_results.CandidateResults], float | None],
) -> dict[str, float]:
    values = {name: value(candidate) for name, candidate in results.candidates.items()}
    return {name: number for name, number in values.items() if number is not None}


def _presence(results: clip_results.ClipResults) -> Iterator[Figure]:
    yield Figure(
        key="clip/share_swapped",
        name="Frames swapped",
        values=_by_candidate(results, lambda c: c.swapped / max(1, results.faces)),
        unit="",
        form="{:.1f}%",
        factor=100.0,
        better="higher",
        meaning=f"Of the {results.faces} frames in which the footage shows the face, those in which"
        " it visibly changed.",
    )
    yield Figure(
        key="clip/share_found",
        name="Frames with a face",
        values=_by_candidate(results, lambda c: c.found / max(1, results.faces)),
        unit="",
        form="{:.1f}%",
        factor=100.0,
        better="higher",
        meaning="Of the same frames, those in which there is still a face at its place; the figures"
        " of the face are taken over these.",
    )
    yield Figure(
        key="clip/mask_overlap",
        name="Mask overlap",
        values=_by_candidate(results, lambda c: c.rows.mean("mask_overlap")),
        unit="",
        form="{:.3f}",
        better="higher",
        meaning="Intersection over union of the face's oval before and after; 1 is the same.",
    )


def _landmarks(results: clip_results.ClipResults) -> Iterator[Figure]:
    yield _displacement(
        results,
        "landmark_error",
        "Landmark error",
        lambda c: _part(c, "error", "all"),
        "How far pose and expression moved: mean displacement of 468 landmarks, in percent of the "
        "distance between the eyes, without the change of shape that two people have.",
    )
    for region in ("eyes", "mouth", "jaw"):
        yield _displacement(
            results,
            f"landmark_error/{region}",
            f"Landmark error, {region}",
            lambda c, region=region: _part(c, "error", region),
            f"The same over the landmarks of the {region} alone.",
        )
    yield _displacement(
        results,
        "landmark_error_raw",
        "Landmark error, raw",
        lambda c: _part(c, "raw", "all"),
        "The whole displacement, change of shape included: two people's mean faces lie about 6% "
        "apart, so a perfect swap is not 0.",
    )


def _part(candidate: clip_results.CandidateResults, figure: str, region: str) -> float | None:
    found = candidate.expression and getattr(candidate.expression, figure)
    return found[region] if found else None


def _displacement(
    results: clip_results.ClipResults,
    key: str,
    name: str,
    value: Callable[[clip_results.CandidateResults], float | None],
    meaning: str,
) -> Figure:
    return Figure(
        key=f"clip/{key}",
        name=name,
        values=_by_candidate(results, value),
        unit="eye distances",
        form="{:.2f}%",
        factor=100.0,
        better="lower",
        meaning=meaning,
    )


def _expression(results: clip_results.ClipResults) -> Iterator[Figure]:
    for key, name, error_name, unit, what in (
        ("mouth", "Opening of the mouth", "eye distances", "eye distances", "opens and closes"),
        ("eyes", "Opening of the eyes", "aspect ratio", "", "open and close"),
        ("brows", "Height of the brows", "eye distances", "eye distances", "rise and sink"),
    ):
        yield Figure(
            key=f"clip/expression_error/{key}",
            name=f"{name}, error",
            values=_by_candidate(results, lambda c, key=key: _course(c, key, "error")),
            unit=unit,
            form="{:.4f}",
            better="lower",
            meaning=f"Mean difference to the footage in {error_name}, the turns of the head taken "
            "out, without the constant difference that two people have.",
        )
        yield Figure(
            key=f"clip/expression_correlation/{key}",
            name=f"{name}, correlation",
            values=_by_candidate(results, lambda c, key=key: _course(c, key, "correlation")),
            unit="",
            form="{:.2f}",
            better="higher",
            meaning=f"Whether it {what} with that of the footage: 1 is in step, 0 is by chance."
            if key == "mouth"
            else f"Whether they {what} with those of the footage: 1 is in step, 0 is by chance.",
        )


def _pose(results: clip_results.ClipResults) -> Iterator[Figure]:
    for key, does in (
        ("yaw", "turned aside"),
        ("pitch", "turned up or down"),
        ("roll", "tilted"),
    ):
        yield Figure(
            key=f"clip/pose_error/{key}",
            name=f"Pose, {key} error",
            values=_by_candidate(results, lambda c, key=key: _course(c, key, "error")),
            unit="degrees",
            form="{:.2f}\N{DEGREE SIGN}",
            better="lower",
            meaning=f"How far the head is {does} otherwise than in the footage, on average, without"
            " the constant difference that two people's shapes make.",
        )


def _course(candidate: clip_results.CandidateResults, key: str, figure: str) -> float | None:
    return candidate.courses and getattr(candidate.courses[key], figure)


def _seam(results: clip_results.ClipResults) -> Figure:
    def ratio(candidate: clip_results.CandidateResults) -> float | None:
        energies = [candidate.rows[name] for name in ("seam_before", "seam_after")]
        known = np.isfinite(energies[0])
        return seam.ratio(*(values[known] for values in energies)) if known.any() else None

    return Figure(
        key="clip/seam",
        name="Seam",
        values=_by_candidate(results, ratio),
        unit="",
        form="{:.2f}",
        better="one",
        meaning="Energy of the gradients along the edge of what was changed over that of the "
        "footage there: 1 is no seam, above 1 is one, below 1 is a blur.",
    )


def _color(results: clip_results.ClipResults) -> Iterator[Figure]:
    yield Figure(
        key="clip/color",
        name="Colour beside the skin around",
        values=_with_footage(results, "color_before", "color_after"),
        unit="CIEDE2000",
        form="{:.2f}",
        better="lower",
        meaning="Difference of the face's mean colour to that of the skin around it; about 1 can "
        "just be seen.",
    )


def _steadiness(results: clip_results.ClipResults) -> Iterator[Figure]:
    for key, name, unit, form, factor, what in (
        ("landmark_jitter", "Jitter of landmarks", "eye distances", "{:.3f}%", 100.0, "landmarks"),
        ("color_jitter", "Jitter of colour", "CIE76", "{:.3f}", 1.0, "face's low-pass colour"),
    ):
        yield Figure(
            key=f"clip/{key}",
            name=name,
            values=_with_footage(results, f"{key}_before", f"{key}_after"),
            unit=unit,
            form=form,
            factor=factor,
            better="lower",
            meaning=f"How far the {what} of a frame lies off the line between its neighbours.",
        )
        yield Figure(
            key=f"clip/{key}/own",
            name=f"{name}, own",
            values=_by_candidate(results, lambda c, key=key: c.rows.mean(f"{key}_own")),
            unit=unit,
            form=form,
            factor=factor,
            better="lower",
            meaning="The same of the difference to the footage: what the swap itself brings.",
        )
    yield Figure(
        key="clip/flow_jitter",
        name="Warping error",
        values=_with_footage(results, "flow_jitter_before", "flow_jitter_after"),
        unit="",
        form="{:.2f} levels",
        factor=255.0,
        better="lower",
        meaning="The frame before, moved by the footage's optical flow, less the frame, inside the "
        "face, in levels of 255.",
    )
    yield Figure(
        key="clip/flow_jitter/own",
        name="Warping error, own",
        values=_by_candidate(results, lambda c: c.rows.mean("flow_jitter_own")),
        unit="",
        form="{:.2f} levels",
        factor=255.0,
        better="lower",
        meaning="The same less that of the footage, pixel by pixel: what the swap itself brings.",
    )


def _with_footage(
    results: clip_results.ClipResults, footage: str, candidate: str
) -> dict[str, float]:
    """Means of a column, and beside them of that about the footage."""
    values = results.footage(footage)
    known = values[np.isfinite(values)]
    own = {shown_frames.FOOTAGE: float(known.mean())} if len(known) else {}
    return own | _by_candidate(results, lambda c: c.rows.mean(candidate))


def _rest(results: clip_results.ClipResults) -> Iterator[Figure]:
    yield Figure(
        key="clip/rest/l1",
        name="Change of the background",
        values=_by_candidate(results, lambda c: c.rows.mean("change_rest")),
        unit="",
        form="{:.2f} levels",
        factor=255.0,
        better="lower",
        meaning="Mean absolute change away from the face, in levels of 255: what the video codec "
        "and colour conversion do.",
    )
    yield Figure(
        key="clip/rest/psnr",
        name="PSNR of the background",
        values=_by_candidate(results, lambda c: c.rows.mean("psnr_rest")),
        unit="dB",
        form="{:.1f} dB",
        better="higher",
        meaning="Peak signal-to-noise ratio of the same pixels, a mean over the frames.",
    )


def _identities(results: clip_results.ClipResults) -> Iterator[Figure]:
    found, swap = results.identities, results.swap
    if found is None or swap is None:
        return
    threshold = f"{descriptor.SAME_PERSON:g} is the usual threshold for the same person"
    for name, better in ((swap.to_identity, "lower"), (swap.from_identity, "higher")):
        yield Figure(
            key=f"clip/identity_distance/{name}",
            name=f"Identity distance to {name}",
            values={
                shown_frames.FOOTAGE: found.footage[name].pairs,
                **_by_candidate(
                    results, lambda c, name=name: c.identities and c.identities[name].pairs
                ),
            },
            unit="",
            form="{:.3f}",
            better=better,
            meaning=f"Distance of dlib's face descriptor to pictures of {name}, over "
            f"{found.described} frames; {threshold}. {swap.from_identity} and {swap.to_identity} "
            f"themselves are {found.apart:.2f} apart.",
        )
