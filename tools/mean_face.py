"""Make jaxswap/faces/assets/mean_face.json from the embedded footage.

The template of alignment is the mean mesh of the two synthetic people: a generalised Procrustes
mean of each one's frontal half of frames, the mean of the two, made symmetric, its face oval 0.56
of the chip's side high and centred. Run it as `python tools/mean_face.py`.

Reference: Gower 1975, https://doi.org/10.1007/BF02291478
"""

import json
from importlib import resources
from pathlib import Path

import numpy as np
from scipy import optimize

from jaxswap import config, footage, geometry
from jaxswap.faces import alignment, finding, mesh

OVAL_HEIGHT = 0.56


def meshes(path: Path) -> np.ndarray:
    """Meshes of every fifth frame, the more frontal half, [n, 468, 2]."""
    finder = finding.FaceFinder(config.FacesConfig())
    found = [
        faces[0].landmarks_468
        for _, faces in finder.find_all(footage.FrameReader(path, every=5))
        if faces
    ]
    return np.stack(sorted(found, key=asymmetry)[: len(found) // 2]).astype(np.float64)


def asymmetry(points: np.ndarray) -> float:
    """How far the nose is from the middle between the ears, over their distance: yaw."""
    left, right = points[234], points[454]
    along = (right - left) / np.linalg.norm(right - left)
    return abs((points[1] - (left + right) / 2) @ along) / np.linalg.norm(right - left)


def procrustes_mean(shapes: np.ndarray) -> np.ndarray:
    """Mean shape under similarities, fitted on the stable points."""
    stable = list(mesh.STABLE)
    mean = shapes[0]
    for _ in range(5):
        fits = [geometry.estimate_similarity(shape[stable], mean[stable]) for shape in shapes]
        moved = [geometry.apply(fit, shape) for fit, shape in zip(fits, shapes, strict=True)]
        mean = np.mean(moved, axis=0)
    return mean


def mirror_pairs(mean: np.ndarray) -> np.ndarray:
    """For each point the index of its partner on the other side of the face."""
    mirrored = mean * [-1, 1]
    distance = np.linalg.norm(mirrored[:, None] - mean[None], axis=-1)
    # A symmetric cost, since partners must be partners of each other.
    partners = optimize.linear_sum_assignment(distance + distance.T)[1]
    if (partners[partners] != np.arange(len(mean))).any():
        raise ValueError("The mesh does not fall into pairs: choose more frontal frames.")
    return partners


def level(mean: np.ndarray) -> np.ndarray:
    """Centre the mesh on the line of the nose, the eyes level."""
    eyes = mean[list(mesh.RIGHT_EYE)].mean(axis=0) - mean[list(mesh.LEFT_EYE)].mean(axis=0)
    angle = -np.arctan2(eyes[1], eyes[0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = mean @ turn.T
    return turned - (turned[234] + turned[454]) / 2


def main() -> None:
    """Write the template beside the code that reads it."""
    clips = Path(str(resources.files("jaxswap.demo") / "assets"))
    first, second = (procrustes_mean(meshes(clips / f"{name}_train.mp4")) for name in "ab")
    stable = list(mesh.STABLE)
    second = geometry.apply(geometry.estimate_similarity(second[stable], first[stable]), second)
    mean = level((first + second) / 2)
    partners = mirror_pairs(mean)
    mean = (mean + mean[partners] * [-1, 1]) / 2
    oval = mean[list(mesh.OVAL)]
    height = np.ptp(oval[:, 1])
    centre = (oval.max(axis=0) + oval.min(axis=0)) / 2
    unit = (mean - [0, centre[1]]) * OVAL_HEIGHT / height + 0.5
    rows = [[round(float(x), 5), round(float(y), 5)] for x, y in unit]
    target = Path(alignment.__file__).parent / "assets" / "mean_face.json"
    target.write_text(json.dumps(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
