"""Which way a head is turned, from its 468 landmarks: a rigid mean head seen from far away.

Under weak perspective (scaled orthography) a head X [n, 3] is seen at the points

    p = s R2 X + t

with R2 the first two rows of a rotation R. `fit` finds the s, R and t of least squared error. It
starts from the linear solution, made orthogonal, as in "POS". Then, in turn, each point is given
the depth that the pose so far says, and the similarity between the two solid point sets is solved
in closed form: no step makes the error larger.

Only points that speech hardly moves take part: eyes, brows, nose and the upper half of the oval.

Convention: x to the right of the picture, y down, z away from the camera, angles in degrees.
R = Rz(roll) Ry(-yaw) Rx(-pitch), so that turning the picture changes roll alone.
    yaw: positive when the face turns to the right of the picture.
    pitch: positive when it looks up; 0 where forehead and chin are equally far away.
    roll: positive when the head tilts clockwise in the picture, the eye on the right lower.

References: DeMenthon and Davis 1995, https://doi.org/10.1007/BF01450852 (POS, the linear part);
Umeyama 1991, https://doi.org/10.1109/34.88573 (the similarity of solid point sets).
"""

import dataclasses
import functools
import json
from collections.abc import Sequence
from importlib import resources

import numpy as np
from jaxtyping import Float
from scipy.spatial import transform

from jaxswap.evaluation import agreement
from jaxswap.vision import mesh

RIGID = (
    *(*mesh.LEFT_EYE, *mesh.RIGHT_EYE, *mesh.LEFT_BROW, *mesh.RIGHT_BROW, *mesh.NOSE),
    *(*mesh.OVAL[:9], *mesh.OVAL[28:]),
)
"""Points that the pose is fitted on."""

NUM_ITERATIONS = 50

Landmarks = Float[np.ndarray, "468 2"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pose:
    """Angles in degrees; positive is to the picture's right, up, and clockwise in the picture."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """The mean head as it is seen: points = scale * (X @ rotation[:2].T) + shift.

    Attributes:
        scale: pixels of an eye distance that is seen from the front.
        rotation: camera axes from head axes.
        shift: where the middle between the eyes is seen, in pixels.
    """

    scale: float
    rotation: Float[np.ndarray, "3 3"]
    shift: Float[np.ndarray, " 2"]


@functools.cache
def mean_head() -> Float[np.ndarray, "468 3"]:
    """The solid mean face: origin between the eyes, unit their distance, turned to the camera.

    Convention: x right, y down, z away from the camera. tools/mean_face.py makes it.
    """
    asset = resources.files("jaxswap.evaluation") / "assets" / "mean_face_3d.json"
    points = np.array(json.loads(asset.read_text(encoding="utf-8")), np.float64)
    points.flags.writeable = False  # it is shared by all callers
    return points


def angles(landmarks: Landmarks) -> Pose:
    """Which way the head is turned, from its points in pixels.

    Raises:
        ValueError: if the points all lie on one spot.
    """
    z_deg, y_deg, x_deg = transform.Rotation.from_matrix(fit(landmarks).rotation).as_euler(
        "ZYX", degrees=True
    )
    return Pose(yaw_deg=float(-y_deg), pitch_deg=float(-x_deg), roll_deg=float(z_deg))


def compare(before: Sequence[Pose], after: Sequence[Pose]) -> dict[str, agreement.Agreement]:
    """How well the turns of a head are kept over a clip, in degrees: by "yaw", "pitch", "roll".

    Another face's shape differs from the mean head's and moves all its angles by the same; of
    `agreement.Agreement` the `error` leaves that out, and a head that is always turned too far.

    Raises:
        ValueError: if the two differ in length or are empty.
    """
    courses = [
        np.array([(pose.yaw_deg, pose.pitch_deg, pose.roll_deg) for pose in poses]).reshape(-1, 3)
        for poses in (before, after)
    ]
    if courses[0].shape == courses[1].shape:
        # The short way round: 179 and -179 degrees are 2 apart.
        turn = (courses[1] - courses[0] + 180) % 360 - 180
        courses[1] = courses[0] + turn
    return {
        name: agreement.compare(courses[0][:, index], courses[1][:, index])
        for index, name in enumerate(("yaw", "pitch", "roll"))
    }


def fit(landmarks: Landmarks) -> Fit:
    """The pose of the mean head that fits the points best, in pixels.

    Raises:
        ValueError: if the points all lie on one spot.
    """
    seen = landmarks[list(RIGID)].astype(np.float64)
    middle = seen.mean(axis=0)
    seen = seen - middle
    if not np.sum(seen**2) > 1e-12:
        raise ValueError("`landmarks` must have at least 2 distinct points.")
    model, centre, inverse = _model()
    rotation, scale = _orthogonal(inverse @ seen)
    for _ in range(NUM_ITERATIONS):
        depth = scale * (model @ rotation[2])
        solid = np.concatenate([seen, depth[:, None]], axis=1)
        rotation, scale = _turned(model, solid)
    return Fit(scale=scale, rotation=rotation, shift=middle - scale * rotation[:2] @ centre)


def unturned(landmarks: Landmarks) -> Landmarks:
    """The points as they would be seen from the front, in eye distances about the eyes' middle.

    Each point is taken back by the fitted pose as if it lay at the mean head's depth. Its depth is
    not known, and so this holds for heads turned by less than about 50 degrees.

    Convention: x right, y down, in the head's own axes.
    """
    found = fit(landmarks)
    linear = found.scale * found.rotation[:2]
    rest = landmarks - found.shift - mean_head()[:, 2:] * linear[:, 2]
    return np.linalg.solve(linear[:, :2], rest.T).T


@functools.cache
def _model() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rigid points about their mean, that mean, and the pseudo-inverse of the points."""
    points = mean_head()[list(RIGID)]
    centre = points.mean(axis=0)
    return points - centre, centre, np.linalg.pinv(points - centre)


def _orthogonal(linear: Float[np.ndarray, "3 2"]) -> tuple[np.ndarray, float]:
    """The rotation and scale next to a linear map from the head to the picture."""
    left, sizes, right = np.linalg.svd(linear, full_matrices=False)
    x, y = (left @ right).T
    return np.stack([x, y, np.cross(x, y)]), float(sizes.mean())


def _turned(src: Float[np.ndarray, "n 3"], dst: Float[np.ndarray, "n 3"]) -> tuple:
    """Rotation and scale of the similarity from `src` to `dst`, whose means are at 0."""
    left, sizes, right = np.linalg.svd(dst.T @ src)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return (left * signs) @ right, float((sizes * signs).sum() / (src**2).sum())
