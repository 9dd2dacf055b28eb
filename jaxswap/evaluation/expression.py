"""How well pose and expression are kept: the dense landmarks of a face before and after the swap.

All lengths are in eye distances: the distance between the centres of the two eyes' outlines in the
input frame. With p and q the 468 points of frame t before and after, in the axes of the input face
(origin between the eyes, x from eye to eye, unit the eye distance), the displacement is

    e[t, k] = q[t, k] - p[t, k]

`raw` is the mean of |e| over points and frames. Two people differ in shape, however: their mean
faces, aligned, lie about 0.06 apart, so a perfect swap has a raw error of that order. What a change
of shape does is the same in every frame. `error` therefore leaves that part out, and only that:

    m[k] = mean of e[t, k] over t           the constant part
    r[k] = S(s[k]) - s[k]                   what of it a shift, turn and scale explain: S is the
                                            similarity fitted from the mean input face s to s + m
                                            on the points by which faces are aligned
    error = mean of |e[t, k] - (m[k] - r[k])| over t and k

A face that is always shifted, tilted or too large is still an error, and so is all that changes in
time. A wrong look that never changes (a mouth always a little open) shows only in `raw`: read both.
"""

import dataclasses
import tempfile
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from jaxswap import geometry, types
from jaxswap.faces import alignment, masks, mesh

MIN_FRAMES = 10
"""Frames below which the constant part cannot be told from the rest."""

# fmt: off
INNER_LIPS = (
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)
# fmt: on
JAW = mesh.OVAL[9:28]  # from ear to ear by the chin

REGIONS = {
    "all": tuple(range(mesh.NUM_POINTS)),
    "eyes": (*mesh.LEFT_EYE, *mesh.RIGHT_EYE),
    "mouth": (*mesh.LIPS, *INNER_LIPS),
    "jaw": JAW,
}
"""Points of the mesh that each figure is taken over."""

EYELIDS = ((159, 145), (386, 374))  # upper and lower, in the middle of each eye
LIPS_MIDDLE = ((13, 14),)

MASK_SIZE = 256
BLOCK = 1024  # frames of displacements that are read back at once: 4 MB
SPOOL_BYTES = 16 * 2**20

Landmarks = Float[np.ndarray, "468 2"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """Means over a clip, in eye distances.

    Attributes:
        frames: frames that were compared.
        error: the displacement without the constant change of shape, by region; None if there are
            under 10 frames.
        raw: the whole displacement, by region.
        shape: how much the shape changed for good, the mean of |m - r|.
        pose: the part of `raw` that a shift, turn and scale of each frame's face explain.
        eyes_correlation: correlation over time of how far the eyes are open before and after, in
            [-1, 1]; None if they never move.
        mouth_correlation: the same of the lips.
    """

    frames: int
    error: dict[str, float] | None
    raw: dict[str, float]
    shape: float
    pose: float
    eyes_correlation: float | None
    mouth_correlation: float | None


def eye_distance(landmarks: Landmarks) -> float:
    """Distance in pixels between the centres of the eyes' outlines."""
    left, right = _eyes(landmarks)
    return float(np.linalg.norm(right - left))


def axes(landmarks: Landmarks) -> types.Similarity:
    """`face_from_frame`: origin between the eyes, x along them, y down, unit their distance.

    Convention: maps frame pixels to face axes ("push").
    """
    left, right = _eyes(landmarks)
    unit = np.array([[-0.5, 0.0], [0.5, 0.0]])
    return geometry.estimate_similarity(np.stack([left, right]), unit)


def openings(landmarks: Landmarks) -> tuple[float, float]:
    """How far eyes and lips are apart, in eye distances."""
    distance = eye_distance(landmarks)
    gaps = [
        np.mean([np.linalg.norm(landmarks[a] - landmarks[b]) for a, b in pairs])
        for pairs in (EYELIDS, LIPS_MIDDLE)
    ]
    return float(gaps[0] / distance), float(gaps[1] / distance)


def mask_overlap(before: Landmarks, after: Landmarks) -> float:
    """Intersection over union of the two face ovals, in [0, 1], 1 = the same."""
    chip_from_frame = alignment.chip_from_frame(before, chip_size=MASK_SIZE)
    ovals = [
        masks.face_oval(geometry.apply(chip_from_frame, points), size=MASK_SIZE).astype(np.int64)
        for points in (before, after)
    ]
    return float(np.minimum(*ovals).sum() / np.maximum(*ovals).sum())


class Comparison:
    """Gathers the faces of a clip, frame by frame; use it in a `with` block.

    Displacements wait in a temporary file, since the constant part is known only at the end: long
    clips take no memory.
    """

    def __init__(self):
        # Closed by `__exit__`.
        self._spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
        self._faces = np.zeros((mesh.NUM_POINTS, 2))
        self._displacements = np.zeros((mesh.NUM_POINTS, 2))
        self._pose = 0.0
        self._openings: list[tuple[float, ...]] = []

    def __enter__(self) -> "Comparison":
        return self

    def __exit__(self, *exc: object) -> None:
        self._spool.close()

    def __len__(self) -> int:
        return len(self._openings)

    def add(self, before: Landmarks, after: Landmarks) -> float:
        """Take in one frame's face, points in pixels; returns its raw displacement."""
        face_from_frame = axes(before)
        face = geometry.apply(face_from_frame, before.astype(np.float64))
        displacement = geometry.apply(face_from_frame, after.astype(np.float64)) - face
        self._faces += face
        self._displacements += displacement
        self._pose += _norm(_rigid(face, displacement)).mean()
        self._openings.append((*openings(before), *openings(after)))
        self._spool.write(displacement.astype(np.float32).tobytes())
        return float(_norm(displacement).mean())

    def figures(self) -> Figures:
        """The figures of all frames so far.

        Raises:
            ValueError: if there are none.
        """
        count = len(self)
        if not count:
            raise ValueError("There is nothing to compare: no frame was added.")
        shape = self._shape()
        raw, error = np.zeros(mesh.NUM_POINTS), np.zeros(mesh.NUM_POINTS)
        for block in self._blocks():
            raw += _norm(block).sum(0)
            error += _norm(block - shape).sum(0)
        eyes_before, mouth_before, eyes_after, mouth_after = np.array(self._openings).T
        return Figures(
            frames=count,
            error=_by_region(error / count) if count >= MIN_FRAMES else None,
            raw=_by_region(raw / count),
            shape=float(_norm(shape).mean()),
            pose=float(self._pose / count),
            eyes_correlation=_correlation(eyes_before, eyes_after),
            mouth_correlation=_correlation(mouth_before, mouth_after),
        )

    def errors(self) -> Float[np.ndarray, " t"]:
        """Each frame's displacement without the constant change of shape."""
        if not len(self):
            return np.zeros(0)
        shape = self._shape()
        blocks = [_norm(block - shape).mean(axis=1) for block in self._blocks()]
        return np.concatenate(blocks)

    def _shape(self) -> Float[np.ndarray, "468 2"]:
        """The constant part of the displacements less what a similarity explains: m - r."""
        count = len(self)
        constant = self._displacements / count
        return constant - _rigid(self._faces / count, constant)

    def _blocks(self) -> Iterator[Float[np.ndarray, "t 468 2"]]:
        self._spool.seek(0)
        frame_bytes = mesh.NUM_POINTS * 2 * 4
        while data := self._spool.read(BLOCK * frame_bytes):
            yield np.frombuffer(data, np.float32).reshape(-1, mesh.NUM_POINTS, 2).astype(np.float64)


def _eyes(landmarks: Landmarks) -> tuple[np.ndarray, np.ndarray]:
    left, right = landmarks[list(mesh.LEFT_EYE)], landmarks[list(mesh.RIGHT_EYE)]
    return left.mean(0).astype(np.float64), right.mean(0).astype(np.float64)


def _rigid(face: np.ndarray, displacement: np.ndarray) -> Float[np.ndarray, "468 2"]:
    """What of a displacement a shift, turn and scale of the whole face explain."""
    stable = list(mesh.STABLE)
    moved_from_face = geometry.estimate_similarity(face[stable], (face + displacement)[stable])
    return geometry.apply(moved_from_face, face) - face


def _norm(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)


def _by_region(figures: Float[np.ndarray, " 468"]) -> dict[str, float]:
    return {name: float(figures[list(points)].mean()) for name, points in REGIONS.items()}


def _correlation(before: np.ndarray, after: np.ndarray) -> float | None:
    if len(before) < MIN_FRAMES or min(before.std(), after.std()) < 1e-6:
        return None
    return float(np.corrcoef(before, after)[0, 1])
