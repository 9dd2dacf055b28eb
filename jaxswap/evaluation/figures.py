"""The figures of a report as a reader meets them: named, with a unit and a direction."""

import dataclasses
from collections.abc import Iterator
from typing import Literal

from jaxswap.evaluation import chips, clip_results, expression
from jaxswap.faces import descriptor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        key: name for machines, stable.
        name: name for people.
        value: as in report.json and report.csv.
        unit: of `value`; empty for a share or another pure number.
        shown: value and unit for people.
        better: which direction is good.
        meaning: one sentence.
    """

    key: str
    name: str
    value: float
    unit: str
    shown: str
    better: Literal["higher", "lower"]
    meaning: str


def of_chips(results: chips.ChipResults) -> Iterator[Figure]:
    """Reconstruction of each identity, inside the face where that is known."""
    for name, found in results.reconstructions.items():
        quality, where = (found.face, "face") if found.face else (found.view, "view")
        inside = "inside the face" if where == "face" else "of the view"
        yield Figure(
            key=f"reconstruction/{name}/{where}/l1",
            name=f"L1 of {name}, {inside}",
            value=quality.l1,
            unit="",
            shown=f"{quality.l1:.4f}",
            better="lower",
            meaning=f"Mean error of the pixels, of the range 0 to 1, on {found.chips} held-out "
            f"chips of {name} that {name}'s own decoder gives back.",
        )
        yield Figure(
            key=f"reconstruction/{name}/{where}/ssim",
            name=f"SSIM of {name}, {inside}",
            value=quality.ssim,
            unit="",
            shown=f"{quality.ssim:.3f}",
            better="higher",
            meaning="Structural similarity on the same chips; 1 is a perfect picture.",
        )
        yield Figure(
            key=f"reconstruction/{name}/{where}/psnr",
            name=f"PSNR of {name}, {inside}",
            value=quality.psnr,
            unit="dB",
            shown=f"{quality.psnr:.1f} dB",
            better="higher",
            meaning="Peak signal-to-noise ratio on the same chips.",
        )


def of_clip(results: clip_results.ClipResults) -> Iterator[Figure]:
    """Whether the clip was swapped, in place, with pose and expression, and who it shows."""
    yield Figure(
        key="clip/share_swapped",
        name="Frames swapped",
        value=results.share_swapped,
        unit="",
        shown=f"{100 * results.share_swapped:.1f}% ({results.swapped} of {results.frames})",
        better="higher",
        meaning=f"Frames whose face visibly changed. In {results.faces} frames the footage shows a "
        f"face; in {results.faces_after} of these one is found in its place after the swap.",
    )
    if results.expression is not None:
        yield from _expression(results.expression)
    if results.mask_overlap is not None:
        yield Figure(
            key="clip/mask_overlap",
            name="Mask overlap",
            value=results.mask_overlap,
            unit="",
            shown=f"{results.mask_overlap:.3f}",
            better="higher",
            meaning="Intersection over union of the face's oval before and after; 1 is the same.",
        )
    if results.identities is not None:
        yield from _identities(results.identities, results.from_identity, results.to_identity)


def _expression(found: expression.Figures) -> Iterator[Figure]:
    if found.error is not None:
        yield _landmarks(
            "landmark_error",
            "Landmark error",
            found.error["all"],
            "How far pose and expression moved: mean displacement of 468 landmarks, in percent of "
            "the distance between the eyes, without the change of shape that two people have.",
        )
        for region in ("eyes", "mouth", "jaw"):
            yield _landmarks(
                f"landmark_error/{region}",
                f"Landmark error, {region}",
                found.error[region],
                f"The same over the landmarks of the {region} alone.",
            )
    yield _landmarks(
        "landmark_error_raw",
        "Landmark error, raw",
        found.raw["all"],
        "The whole displacement, change of shape included: two people's mean faces lie about 6% "
        "apart, so a perfect swap is not 0.",
    )
    for name, trait in (("mouth", "Opening of the mouth"), ("eyes", "Opening of the eyes")):
        correlation = found.traits[name].correlation
        if correlation is not None:
            yield Figure(
                key=f"clip/expression_correlation/{name}",
                name=f"{trait}, correlation",
                value=correlation,
                unit="",
                shown=f"{correlation:.2f}",
                better="higher",
                meaning=f"Whether the {name} move with those of the footage, the head's turns "
                "taken out; 1 is in step, 0 is by chance.",
            )


def _landmarks(key: str, name: str, value: float, meaning: str) -> Figure:
    return Figure(
        key=f"clip/{key}",
        name=name,
        value=value,
        unit="eye distances",
        shown=f"{100 * value:.2f}%",
        better="lower",
        meaning=meaning,
    )


def _identities(
    found: clip_results.IdentityFigures, from_identity: str, to_identity: str
) -> Iterator[Figure]:
    threshold = f"{descriptor.SAME_PERSON:g} is the usual threshold for the same person"
    for name, better in ((to_identity, "lower"), (from_identity, "higher")):
        before, after = found.before[name].pairs, found.after[name].pairs
        yield Figure(
            key=f"clip/identity_distance/{name}",
            name=f"Identity distance to {name}",
            value=after,
            unit="",
            shown=f"{after:.2f} (before {before:.2f})",
            better=better,
            meaning=f"Distance of dlib's face descriptor to pictures of {name}, over "
            f"{found.described} frames; {threshold}. {from_identity} and {to_identity} themselves "
            f"are {found.apart:.2f} apart.",
        )
