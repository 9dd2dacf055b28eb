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

A face that is always shifted, tilted or too large is still an error, like all that changes in
time. A wrong look that never changes (a mouth always a little open) shows only in `raw`: read both.

Expression alone, without pose, is measured by `traits`: how far mouth and eyes are open and how
high the brows are, on points that are turned back to the front by the pose of the head. Seen from
above or from the side a face is shorter or narrower, and would read as one that closes its mouth.
"""

import dataclasses
import tempfile
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from jaxswap import geometry, types
from jaxswap.evaluation import agreement, pose
from jaxswap.vision import alignment, masks, mesh

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

# p1..p6 of the eye aspect ratio: corner, two of the upper lid, corner, two of the lower lid.
LEFT_EYE_SIX = (33, 160, 158, 133, 153, 144)
RIGHT_EYE_SIX = (362, 385, 387, 263, 373, 380)
LIPS_GAPS = ((82, 87), (13, 14), (312, 317))  # inner upper and lower lip, about the middle
EYE_CORNERS = ((33, 133), (362, 263))

TRAITS = ("mouth", "left_eye", "right_eye", "eyes", "brows")

MASK_SIZE = 256
BLOCK = 1024  # frames of displacements that are read back at once: 4 MB
SPOOL_BYTES = 16 * 2**20

Landmarks = Float[np.ndarray, "468 2"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LandmarkErrors:
    """Means over a clip, in eye distances.

    Attributes:
        frames: frames that were compared.
        error: the displacement without the constant change of shape, by region; None if there are
            under 10 frames.
        raw: the whole displacement, by region.
        shape: how much the shape changed for good, the mean of |m - r|.
        pose: the part of `raw` that a shift, turn and scale of each frame's face explain.
    """

    frames: int
    error: dict[str, float] | None
    raw: dict[str, float]
    shape: float
    pose: float


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


def traits(landmarks: Landmarks) -> dict[str, float]:
    """What the face does, without the pose of the head.

        mouth: distance of the inner lips about their middle, in eye distances.
        left_eye, right_eye: aspect ratio (|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|) of six points
            of the eye's outline; about 0.3 open, under 0.1 closed.
        eyes: the mean of the two.
        brows: height of the brows over the line of each eye's corners, in eye distances, the mean
            of the two.

    Reference: Soukupova and Cech 2016, "Real-Time Eye Blink Detection using Facial Landmarks",
    https://vision.fe.uni-lj.si/cvww2016/proceedings/papers/05.pdf (the eye aspect ratio)
    """
    points = pose.unturned(landmarks)
    distance = eye_distance(points)
    gaps = [np.linalg.norm(points[a] - points[b]) for a, b in LIPS_GAPS]
    left, right = (_aspect_ratio(points[list(six)]) for six in (LEFT_EYE_SIX, RIGHT_EYE_SIX))
    heights = [
        points[list(corners), 1].mean() - points[list(brow), 1].mean()
        for corners, brow in zip(EYE_CORNERS, (mesh.LEFT_BROW, mesh.RIGHT_BROW), strict=True)
    ]
    return {
        "mouth": float(np.mean(gaps) / distance),
        "left_eye": left,
        "right_eye": right,
        "eyes": (left + right) / 2,
        "brows": float(np.mean(heights) / distance),
    }


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
        self._count = 0

    def __enter__(self) -> "Comparison":
        return self

    def __exit__(self, *exc: object) -> None:
        self._spool.close()

    def __len__(self) -> int:
        return self._count

    def add(self, before: Landmarks, after: Landmarks) -> float:
        """Take in one frame's face, points in pixels; returns its raw displacement."""
        face_from_frame = axes(before)
        face = geometry.apply(face_from_frame, before.astype(np.float64))
        displacement = geometry.apply(face_from_frame, after.astype(np.float64)) - face
        self._faces += face
        self._displacements += displacement
        self._pose += _norm(_rigid(face, displacement)).mean()
        self._count += 1
        self._spool.write(displacement.astype(np.float32).tobytes())
        return float(_norm(displacement).mean())

    def figures(self) -> LandmarkErrors:
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
        return LandmarkErrors(
            frames=count,
            error=_by_region(error / count) if count >= agreement.MIN_FRAMES else None,
            raw=_by_region(raw / count),
            shape=float(_norm(shape).mean()),
            pose=float(self._pose / count),
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


def _aspect_ratio(six: Float[np.ndarray, "6 2"]) -> float:
    p1, p2, p3, p4, p5, p6 = six
    high = np.linalg.norm(p2 - p6) + np.linalg.norm(p3 - p5)
    return float(high / (2 * np.linalg.norm(p1 - p4)))


def _norm(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)


def _by_region(figures: Float[np.ndarray, " 468"]) -> dict[str, float]:
    return {name: float(figures[list(points)].mean()) for name, points in REGIONS.items()}
