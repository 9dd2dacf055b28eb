"""What is measured of one candidate while its frames go by beside those of the footage."""

import numpy as np

from jaxswap.evaluation import (
    agreement,
    change,
    clip_results,
    expression,
    identity,
    measured_face,
    pose,
    seam,
    series,
    stability,
    surroundings,
)
from jaxswap.vision import descriptor

STEADY = ("landmark_jitter", "color_jitter", "flow_jitter")
JITTER = ("before", "after", "own")

COLUMNS = (
    "paired",
    "found",
    "swapped",
    "change_face",
    "change_rest",
    "psnr_rest",
    "landmark_error",
    "landmark_error_raw",
    "mask_overlap",
    "pose_error",
    "seam",
    "seam_before",
    "seam_after",
    "color_before",
    "color_after",
    *(f"{name}_{part}" for name in STEADY for part in JITTER),
    *measured_face.ANGLES,
    *measured_face.TRAITS,
)
"""Of each frame: 1 if it has a partner, shows a face and shows a changed one; then the figures."""


class Measurement:
    """The figures of one candidate; use it in a `with` block."""

    def __init__(self) -> None:
        self._rows = series.Series(COLUMNS)
        self._expression = expression.Comparison()
        self._stability = stability.Stability()
        self._described: list[np.ndarray] = []

    def __enter__(self) -> "Measurement":
        return self

    def __exit__(self, *exc: object) -> None:
        self._expression.__exit__(*exc)

    def add(
        self,
        time_s: float,
        before: measured_face.MeasuredFrame,
        after: measured_face.MeasuredFrame | None,
    ) -> None:
        """Measure one frame.

        Args:
            time_s: its presentation time.
            before: of the footage.
            after: of the candidate; None if it has no such frame.
        """
        steady = self._steadiness(time_s, before, after)
        if before.points is None or after is None:
            self._rows.append(paired=after is not None)
            return
        changed = change.measure(before.image_u8, after.image_u8, before.points)
        values = {
            "paired": True,
            "found": after.points is not None,
            "swapped": changed.is_visible,
            "change_face": changed.face,
            "change_rest": changed.rest,
            "psnr_rest": changed.rest_psnr,
        }
        if after.points is not None:
            values["landmark_error_raw"] = self._expression.add(before.points, after.points)
            values["mask_overlap"] = expression.mask_overlap(before.points, after.points)
        edge = seam.measure(before.image_u8, after.image_u8, before.points)
        if edge is not None:
            values |= {"seam": edge.ratio, "seam_before": edge.before, "seam_after": edge.after}
        skin = surroundings.measure(before.image_u8, after.image_u8, before.points)
        if skin is not None:
            values |= {"color_before": skin.before, "color_after": skin.after}
        self._rows.append(**values, **steady, **after.courses)

    def _steadiness(
        self,
        time_s: float,
        before: measured_face.MeasuredFrame,
        after: measured_face.MeasuredFrame | None,
    ) -> dict[str, float]:
        """Jitter of this frame; every frame must come by here, since gaps break it off."""
        found = self._stability.add(
            time_s,
            before.image_u8,
            None if after is None else after.image_u8,
            before.points,
            None if after is None else after.points,
        )
        jitters = zip(STEADY, (found.landmarks, found.color, found.flow), strict=True)
        return {
            f"{name}_{part}": getattr(jitter, part)
            for name, jitter in jitters
            if jitter is not None
            for part in JITTER
        }

    def describe(self, describer: descriptor.Describer, after: measured_face.MeasuredFrame) -> None:
        """Take in who the face of a frame shows."""
        if after.points is not None:
            self._described.append(describer.describe(after.image_u8, after.points))

    def results(
        self,
        reference: series.Series,
        *,
        known: dict[str, np.ndarray],
        file: str,
        frames: int,
        by_time: bool,
    ) -> clip_results.CandidateResults:
        """All figures.

        Args:
            reference: the rows of the footage.
            known: descriptors of both identities, by name; empty without.
            file: the candidate's file name.
            frames: how many it has.
            by_time: whether they were paired with those of the footage by time.
        """
        compared = len(self._expression)
        if compared >= agreement.MIN_FRAMES:
            self._fill("landmark_error", self._expression.errors())
            self._fill("pose_error", self._pose_errors(reference))
        return clip_results.CandidateResults(
            file=file,
            frames=frames,
            by_time=by_time,
            rows=self._rows,
            expression=self._expression.figures() if compared else None,
            courses=self._courses(reference) if compared else None,
            identities=_distances(self._described, known),
        )

    def _both(self) -> np.ndarray:
        """Which frames show the face in the footage and here."""
        return self._rows["found"] == 1

    def _fill(self, name: str, values: np.ndarray) -> None:
        column = np.full(len(self._rows), np.nan)
        column[self._both()] = values
        self._rows.fill(name, column)

    def _poses(self, rows: series.Series) -> list[pose.Pose]:
        angles = np.stack([rows[name][self._both()] for name in measured_face.ANGLES], axis=1)
        return [pose.Pose(yaw_deg=y, pitch_deg=p, roll_deg=r) for y, p, r in angles.tolist()]

    def _pose_errors(self, reference: series.Series) -> np.ndarray:
        """Of each frame, the mean over the angles, without their constant differences."""
        turns = np.stack(
            [(self._rows[name] - reference[name])[self._both()] for name in measured_face.ANGLES]
        )
        turns = (turns + 180) % 360 - 180
        return np.abs(turns - turns.mean(axis=1, keepdims=True)).mean(axis=0)

    def _courses(self, reference: series.Series) -> dict[str, agreement.Agreement]:
        """What of the turns and of the expression is kept over time."""
        both = self._both()
        traits = {
            name: agreement.compare(reference[name][both], self._rows[name][both])
            for name in measured_face.TRAITS
        }
        return pose.compare(self._poses(reference), self._poses(self._rows)) | traits


def _distances(
    described: list[np.ndarray], known: dict[str, np.ndarray]
) -> dict[str, identity.Distances] | None:
    if not described or not known:
        return None
    faces = np.stack(described)
    return {name: identity.distances(faces, pictures) for name, pictures in known.items()}
