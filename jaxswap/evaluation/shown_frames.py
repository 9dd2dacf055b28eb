"""Which frames the report shows, and their pictures: the worst of each candidate, and an even few.

Landmark errors are known only when a clip was seen to its end, so the frames are chosen from the
figures, and a second reading of the videos cuts out the pictures. Their number is bounded.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import footage, types
from jaxswap.evaluation import clip_results, pairing, series
from jaxswap.vision import alignment, chips

FOOTAGE = "footage"
NUM_EVEN = 6  # frames evenly over the clip
NUM_WHOLE = 3  # of these that are shown whole, too
NUM_WORST = 2  # frames of each candidate and kind
APART_S = 0.5  # between two of one kind: neighbouring frames look the same
FACE_SIZE = 192  # side in pixels
FRAME_WIDTH = 480  # pixels
COVERAGE = 0.8  # of a chip's side: the face and some of what is around it

PLACE = ("x_scale", "x_skew", "x_shift", "y_skew", "y_scale", "y_shift")
"""The matrix that takes a frame to its face's picture, row after row."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """A figure whose worst frames are shown."""

    column: str
    text: str
    """With one place for the value."""
    factor: float = 1.0
    """Of the value in the text."""


KINDS = (
    Kind(column="landmark_error", text="landmark error {:.1f}%", factor=100.0),
    Kind(column="seam", text="seam {:.2f}"),
    Kind(column="flow_jitter_own", text="own warping error {:.1f} levels", factor=255.0),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """A frame that is shown: its row, why, and for whom."""

    row: int
    candidate: str | None
    reason: str
    whole: bool = False


def place(points: Float[np.ndarray, "468 2"]) -> dict[str, float]:
    """Where the face's picture is cut out of a frame, as columns of a row."""
    matrix = alignment.chip_from_frame(points, chip_size=FACE_SIZE, coverage=COVERAGE)
    return dict(zip(PLACE, matrix.reshape(-1).tolist(), strict=True))


def choose(reference: series.Series, candidates: Mapping[str, series.Series]) -> list[Choice]:
    """The frames to show: by candidate and kind the worst first, then the even ones."""
    faces = np.flatnonzero(reference["found"] == 1)
    times = reference["time_s"]
    chosen = []
    for name, rows in candidates.items():
        for kind in KINDS:
            values = rows[kind.column]
            for row in _largest(values, times):
                reason = kind.text.format(kind.factor * values[row])
                chosen.append(Choice(row=row, candidate=name, reason=reason))
        chosen += [
            Choice(row=row, candidate=name, reason=reason)
            for reason, missed in _missed(rows)
            for row in _largest(np.where(missed, 1.0, np.nan), times)
        ]
    middles = [int((i + 0.5) * len(faces) / NUM_EVEN) for i in range(NUM_EVEN)]
    even = sorted({int(faces[middle]) for middle in middles}) if len(faces) else []
    whole = {even[round(i)] for i in np.linspace(0, len(even) - 1, NUM_WHOLE)} if even else set()
    return chosen + [
        Choice(row=row, candidate=None, reason="evenly over the clip", whole=row in whole)
        for row in even
    ]


def _missed(rows: series.Series) -> list[tuple[str, np.ndarray]]:
    """Frames with a reason of their own; of a clip that is hardly swapped none is the exception."""
    swapped, found = rows["swapped"], rows["found"]
    missed = [("the face is lost", found == 0)]
    if np.nansum(swapped) > 0.5 * np.sum(~np.isnan(swapped)):
        missed.append(("not swapped", swapped == 0))
    return missed


def _largest(values: Float[np.ndarray, " t"], times: Float[np.ndarray, " t"]) -> list[int]:
    """Rows of the largest values above 0 that lie apart, the largest first."""
    taken: list[int] = []
    for row in np.argsort(-values, kind="stable"):  # NaN comes last
        if not values[row] > 0 or len(taken) == NUM_WORST:
            break
        if all(abs(times[row] - times[other]) >= APART_S for other in taken):
            taken.append(int(row))
    return taken


def cut(
    chosen: Sequence[Choice],
    reference: series.Series,
    reader: footage.FrameReader,
    clips: Mapping[str, footage.FrameReader],
) -> list[clip_results.Picture]:
    """Read the videos again and cut out the chosen frames' pictures, in the order of `chosen`."""
    wanted = {choice.row for choice in chosen}
    whole = {choice.row for choice in chosen if choice.whole}
    matrices = np.stack([reference[name] for name in PLACE], axis=1).reshape(-1, 2, 3)
    seen: dict[int, tuple[dict[str, types.ImageU8], dict[str, types.ImageU8]]] = {}
    pairs = pairing.Pairing(reader, clips)
    for row, frame in enumerate(reader):
        partners = pairs.partners(frame)
        if row in wanted:
            frames_u8 = {FOOTAGE: frame.image_u8, **partners}
            seen[row] = (
                {
                    name: chips.cut_chip(f, matrices[row], FACE_SIZE)
                    for name, f in frames_u8.items()
                },
                {name: _small(f) for name, f in frames_u8.items()} if row in whole else {},
            )
        if len(seen) == len(wanted):
            break
    frames, times = reference["frame"], reference["time_s"]
    return [
        clip_results.Picture(
            frame=int(frames[choice.row]),
            time_s=float(times[choice.row]),
            candidate=choice.candidate,
            reason=choice.reason,
            faces_u8=seen[choice.row][0],
            whole_u8=seen[choice.row][1] if choice.whole else {},
        )
        for choice in chosen
    ]


def _small(frame_u8: types.ImageU8) -> UInt8[np.ndarray, "small_h small_w 3"]:
    height, width = frame_u8.shape[:2]
    if width <= FRAME_WIDTH:
        return frame_u8
    size = (FRAME_WIDTH, max(1, round(height * FRAME_WIDTH / width)))
    return cv2.resize(frame_u8, size, interpolation=cv2.INTER_AREA)
