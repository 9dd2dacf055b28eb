"""Make the two mean faces from the embedded footage. Run it as `python tools/mean_face.py`.

The template of alignment, jaxswap/vision/assets/mean_face.json, is the mean mesh of the two
synthetic people: a generalised Procrustes mean of each one's frontal half of frames, the mean of
the two, made symmetric, its face oval 0.56 of the chip's side high and centred.

The solid mean face, jaxswap/evaluation/assets/mean_face_3d.json, is made in the same way of the
same frames' points with depth. It is symmetric in x, its origin lies between the eyes, its unit is
the distance between them, and the line from forehead to chin has one depth: that is pitch 0.

Reference: Gower 1975, https://doi.org/10.1007/BF02291478
"""

import json
from importlib import resources
from pathlib import Path

import numpy as np
from scipy import optimize
from scipy.spatial import transform

from jaxswap import config, footage, geometry
from jaxswap.evaluation import pose
from jaxswap.vision import alignment, finding, landmarks, mesh

OVAL_HEIGHT = 0.56
FOREHEAD, CHIN = 10, 152
STABLE = list(mesh.STABLE)


def meshes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Meshes of every fifth frame, the more frontal half: [n, 468, 2], and solid [n, 468, 3]."""
    finder = finding.FaceFinder(config.FacesConfig())
    model = landmarks.LandmarkModel()
    found = []
    for frame, faces in finder.find_all(footage.FrameReader(path, every=5)):
        if faces:
            points = faces[0].landmarks_468
            found.append((points, model.solid(frame.image_u8, points)))
    frontal = sorted(found, key=lambda pair: asymmetry(pair[0]))[: len(found) // 2]
    flat, solid = zip(*frontal, strict=True)
    return np.stack(flat).astype(np.float64), np.stack(solid).astype(np.float64)


def asymmetry(points: np.ndarray) -> float:
    """How far the nose is from the middle between the ears, over their distance: yaw."""
    left, right = points[234], points[454]
    along = (right - left) / np.linalg.norm(right - left)
    return abs((points[1] - (left + right) / 2) @ along) / np.linalg.norm(right - left)


def procrustes_mean(shapes: np.ndarray) -> np.ndarray:
    """Mean shape under similarities, fitted on the stable points."""
    mean = shapes[0]
    for _ in range(5):
        mean = np.mean([moved_onto(shape, mean) for shape in shapes], axis=0)
    return mean


def moved_onto(shape: np.ndarray, target: np.ndarray) -> np.ndarray:
    """A shape after the similarity that takes its stable points to those of another."""
    if shape.shape[1] == 2:
        fit = geometry.estimate_similarity(shape[STABLE], target[STABLE])
        return geometry.apply(fit, shape)
    shape = shape - shape[STABLE].mean(axis=0)
    goal = target[STABLE] - target[STABLE].mean(axis=0)
    turn, _ = transform.Rotation.align_vectors(goal, shape[STABLE])
    turned = turn.apply(shape)
    scale = (turned[STABLE] * goal).sum() / (turned[STABLE] ** 2).sum()
    return scale * turned + target[STABLE].mean(axis=0)


def mirror_pairs(mean: np.ndarray) -> np.ndarray:
    """For each point the index of its partner on the other side of the face."""
    mirrored = mean * [-1, 1]
    distance = np.linalg.norm(mirrored[:, None] - mean[None], axis=-1)
    # A symmetric cost, since partners must be partners of each other.
    partners = optimize.linear_sum_assignment(distance + distance.T)[1]
    if (partners[partners] != np.arange(len(mean))).any():
        raise ValueError("The mesh does not fall into pairs: choose more frontal frames.")
    return partners


def mean_of(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean of two people's mean shapes."""
    first, second = procrustes_mean(first), procrustes_mean(second)
    return (first + moved_onto(second, first)) / 2


def level(mean: np.ndarray) -> np.ndarray:
    """Centre the mesh on the line of the nose, the eyes level."""
    eyes = mean[list(mesh.RIGHT_EYE)].mean(axis=0) - mean[list(mesh.LEFT_EYE)].mean(axis=0)
    angle = -np.arctan2(eyes[1], eyes[0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = mean @ turn.T
    return turned - (turned[234] + turned[454]) / 2


def upright(mean: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """A solid mesh made symmetric, turned to the camera, its eyes one unit apart about 0."""
    mirrored = mean[partners] * [-1, 1, 1]
    mean = (mean + moved_onto(mirrored, mean)) / 2
    left, right = mean[list(mesh.LEFT_EYE)].mean(axis=0), mean[list(mesh.RIGHT_EYE)].mean(axis=0)
    x = (right - left) / np.linalg.norm(right - left)
    down = mean[CHIN] - mean[FOREHEAD]
    y = down - (down @ x) * x
    y /= np.linalg.norm(y)
    turned = (mean - (left + right) / 2) @ np.stack([x, y, np.cross(x, y)], axis=1)
    turned = (turned + turned[partners] * [-1, 1, 1]) / 2
    return turned / np.linalg.norm(right - left)


def write(target: Path, points: np.ndarray) -> None:
    """Points as rows of JSON."""
    rows = [[round(float(value), 5) for value in point] for point in points]
    target.write_text(json.dumps(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Write both beside the code that reads them."""
    clips = Path(str(resources.files("jaxswap.demo") / "assets"))
    people = [meshes(clips / f"{name}_train.mp4") for name in "ab"]
    flat, solid = (mean_of(*(person[kind] for person in people)) for kind in (0, 1))
    mean = level(flat)
    partners = mirror_pairs(mean)
    mean = (mean + mean[partners] * [-1, 1]) / 2
    oval = mean[list(mesh.OVAL)]
    height = np.ptp(oval[:, 1])
    centre = (oval.max(axis=0) + oval.min(axis=0)) / 2
    unit = (mean - [0, centre[1]]) * OVAL_HEIGHT / height + 0.5
    write(Path(alignment.__file__).parent / "assets" / "mean_face.json", unit)
    write(Path(pose.__file__).parent / "assets" / "mean_face_3d.json", upright(solid, partners))


if __name__ == "__main__":
    main()
