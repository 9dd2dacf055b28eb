"""The figures of candidates beside their footage: one table of what is measured and what it means.

They say whether each candidate is swapped, in place, with pose and expression, and who it shows.
"""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from jaxswap.evaluation import clip_results, figures, seam, shown_frames
from jaxswap.vision import descriptor

_Value = Callable[[clip_results.CandidateResults], float | None]

_SHARE = figures.Scale("{:.1f}%", 100.0)
_DISPLACEMENT = figures.Scale("{:.2f}%", 100.0, unit="eye distances")
_COURSE = figures.Scale("{:.4f}", unit="eye distances")
_DEGREES = figures.Scale("{:.2f}\N{DEGREE SIGN}", unit="degrees")
_LEVELS = figures.Scale("{:.2f} levels", 255.0)
_TWO_DIGITS = figures.Scale("{:.2f}")
_POINT_JITTER = figures.Scale("{:.3f}%", 100.0, unit="eye distances")
_COLOR_JITTER = figures.Scale("{:.3f}", unit="CIE76")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Line:
    """A figure before it is measured.

    Attributes:
        value: of a candidate; None where it has none.
        footage: the column, of the candidates' rows, with the same of the footage.
        per_face: whether `value` counts frames, of those in which the footage shows the face.
        meaning: has a place for the number of these, `faces`.
    """

    key: str
    name: str
    value: _Value
    footage: str | None = None
    per_face: bool = False
    scale: figures.Scale
    better: figures.Direction = "lower"
    meaning: str

    def of(self, results: clip_results.ClipResults) -> figures.Figure:
        """The figure of some results."""
        values = _by_candidate(results, self.value)
        if self.per_face:
            values = {name: count / max(1, results.faces) for name, count in values.items()}
        return figures.Figure(
            key=f"clip/{self.key}",
            name=self.name,
            values=_of_footage(results, self.footage) | values,
            scale=self.scale,
            better=self.better,
            meaning=self.meaning.format(faces=results.faces),
        )


def _by_candidate(results: clip_results.ClipResults, value: _Value) -> dict[str, float]:
    values = {name: value(candidate) for name, candidate in results.candidates.items()}
    return {name: float(number) for name, number in values.items() if number is not None}


def _of_footage(results: clip_results.ClipResults, column: str | None) -> dict[str, float]:
    if column is None:
        return {}
    values = results.footage(column)
    known = values[np.isfinite(values)]
    return {shown_frames.FOOTAGE: float(known.mean())} if len(known) else {}


def _mean(column: str) -> _Value:
    """Over the frames."""
    return lambda candidate: candidate.rows.mean(column)


def _landmarks(figure: str, region: str) -> _Value:
    """A field of `expression.LandmarkErrors`, of a region of the face."""

    def value(candidate: clip_results.CandidateResults) -> float | None:
        found = candidate.expression and getattr(candidate.expression, figure)
        return found[region] if found else None

    return value


def _course(name: str, figure: str) -> _Value:
    """A field of the `agreement.Agreement` of a course."""
    return lambda candidate: candidate.courses and getattr(candidate.courses[name], figure)


def _seam(candidate: clip_results.CandidateResults) -> float | None:
    energies = [candidate.rows[name] for name in ("seam_before", "seam_after")]
    known = np.isfinite(energies[0])
    return seam.ratio(*(values[known] for values in energies)) if known.any() else None


_PRESENCE = (
    _Line(
        key="share_swapped",
        name="Frames swapped",
        value=lambda candidate: candidate.swapped,
        per_face=True,
        scale=_SHARE,
        better="higher",
        meaning="Of the {faces} frames in which the footage shows the face, those in which it "
        "visibly changed.",
    ),
    _Line(
        key="share_found",
        name="Frames with a face",
        value=lambda candidate: candidate.found,
        per_face=True,
        scale=_SHARE,
        better="higher",
        meaning="Of the same frames, those in which there is still a face at its place; the figures"
        " of the face are taken over these.",
    ),
    _Line(
        key="mask_overlap",
        name="Mask overlap",
        value=_mean("mask_overlap"),
        scale=figures.THREE_DIGITS,
        better="higher",
        meaning="Intersection over union of the face's oval before and after; 1 is the same.",
    ),
)

_LANDMARKS = (
    _Line(
        key="landmark_error",
        name="Landmark error",
        value=_landmarks("error", "all"),
        scale=_DISPLACEMENT,
        meaning="How far pose and expression moved: mean displacement of 468 landmarks, in percent "
        "of the distance between the eyes, without the change of shape that two people have.",
    ),
    *(
        _Line(
            key=f"landmark_error/{region}",
            name=f"Landmark error, {region}",
            value=_landmarks("error", region),
            scale=_DISPLACEMENT,
            meaning=f"The same over the landmarks of the {region} alone.",
        )
        for region in ("eyes", "mouth", "jaw")
    ),
    _Line(
        key="landmark_error_raw",
        name="Landmark error, raw",
        value=_landmarks("raw", "all"),
        scale=_DISPLACEMENT,
        meaning="The whole displacement, change of shape included: two people's mean faces lie "
        "about 6% apart, so a perfect swap is not 0.",
    ),
)


def _trait(
    key: str, name: str, kind: str, does: str, *, scale: figures.Scale = _COURSE
) -> tuple[_Line, _Line]:
    return (
        _Line(
            key=f"expression_error/{key}",
            name=f"{name}, error",
            value=_course(key, "error"),
            scale=scale,
            meaning=f"Mean difference to the footage in {kind}, the turns of the head taken out, "
            "without the constant difference that two people have.",
        ),
        _Line(
            key=f"expression_correlation/{key}",
            name=f"{name}, correlation",
            value=_course(key, "correlation"),
            scale=_TWO_DIGITS,
            better="higher",
            meaning=f"Whether {does} of the footage: 1 is in step, 0 is by chance.",
        ),
    )


_EXPRESSION = (
    *_trait("mouth", "Opening of the mouth", "eye distances", "it opens and closes with that"),
    *_trait(
        "eyes",
        "Opening of the eyes",
        "aspect ratio",
        "they open and close with those",
        scale=figures.Scale("{:.4f}"),
    ),
    *_trait("brows", "Height of the brows", "eye distances", "they rise and sink with those"),
)

_POSE = tuple(
    _Line(
        key=f"pose_error/{angle}",
        name=f"Pose, {angle} error",
        value=_course(angle, "error"),
        scale=_DEGREES,
        meaning=f"How far the head is {does} otherwise than in the footage, on average, without the"
        " constant difference that two people's shapes make.",
    )
    for angle, does in (
        ("yaw", "turned aside"),
        ("pitch", "turned up or down"),
        ("roll", "tilted"),
    )
)

_LOOKS = (
    _Line(
        key="seam",
        name="Seam",
        value=_seam,
        scale=_TWO_DIGITS,
        better="one",
        meaning="Energy of the gradients along the edge of what was changed over that of the "
        "footage there: 1 is no seam, above 1 is one, below 1 is a blur.",
    ),
    _Line(
        key="color",
        name="Colour beside the skin around",
        value=_mean("color_after"),
        footage="color_before",
        scale=figures.Scale("{:.2f}", unit="CIEDE2000"),
        meaning="Difference of the face's mean colour to that of the skin around it; about 1 can "
        "just be seen.",
    ),
)

_OFF_THE_LINE = "How far the {what} of a frame lies off the line between its neighbours."
_OWN = "The same of the difference to the footage: what the swap itself brings."


def _jitter(
    key: str, name: str, *, scale: figures.Scale, meaning: str, own: str = _OWN
) -> tuple[_Line, _Line]:
    return (
        _Line(
            key=key,
            name=name,
            value=_mean(f"{key}_after"),
            footage=f"{key}_before",
            scale=scale,
            meaning=meaning,
        ),
        _Line(
            key=f"{key}/own", name=f"{name}, own", value=_mean(f"{key}_own"), scale=scale,
            meaning=own,
        ),
    )  # fmt: skip


_STEADINESS = (
    *_jitter(
        "landmark_jitter",
        "Jitter of landmarks",
        scale=_POINT_JITTER,
        meaning=_OFF_THE_LINE.format(what="landmarks"),
    ),
    *_jitter(
        "color_jitter",
        "Jitter of colour",
        scale=_COLOR_JITTER,
        meaning=_OFF_THE_LINE.format(what="face's low-pass colour"),
    ),
    *_jitter(
        "flow_jitter",
        "Warping error",
        scale=_LEVELS,
        meaning="The frame before, moved by the footage's optical flow, less the frame, inside the "
        "face, in levels of 255.",
        own="The same less that of the footage, pixel by pixel: what the swap itself brings.",
    ),
)

_REST = (
    _Line(
        key="rest/l1",
        name="Change of the background",
        value=_mean("change_rest"),
        scale=_LEVELS,
        meaning="Mean absolute change away from the face, in levels of 255: what the video codec "
        "and colour conversion do.",
    ),
    _Line(
        key="rest/psnr",
        name="PSNR of the background",
        value=_mean("psnr_rest"),
        scale=figures.DECIBELS,
        better="higher",
        meaning="Peak signal-to-noise ratio of the same pixels, a mean over the frames.",
    ),
)


def of_clip(results: clip_results.ClipResults) -> Iterator[figures.Figure]:
    """All figures that have a value, in the order of the report."""
    lines = (*_LANDMARKS, *_EXPRESSION, *_POSE, *_LOOKS, *_STEADINESS, *_REST)
    for made in (
        *(line.of(results) for line in _PRESENCE),
        *_identities(results),
        *(line.of(results) for line in lines),
    ):
        if made.values:
            yield made


def _identities(results: clip_results.ClipResults) -> Iterator[figures.Figure]:
    found, swap = results.identities, results.swap
    if found is None or swap is None:
        return
    threshold = f"{descriptor.SAME_PERSON:g} is the usual threshold for the same person"
    for name, better in ((swap.to_identity, "lower"), (swap.from_identity, "higher")):
        yield figures.Figure(
            key=f"clip/identity_distance/{name}",
            name=f"Identity distance to {name}",
            values={
                shown_frames.FOOTAGE: found.footage[name].pairs,
                **_by_candidate(
                    results, lambda c, name=name: c.identities and c.identities[name].pairs
                ),
            },
            scale=figures.THREE_DIGITS,
            better=better,
            meaning=f"Distance of dlib's face descriptor to pictures of {name}, over "
            f"{found.described} frames; {threshold}. {swap.from_identity} and {swap.to_identity} "
            f"themselves are {found.apart:.2f} apart.",
        )
