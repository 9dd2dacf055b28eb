"""Dense landmarks: MediaPipe's face mesh, 468 points, run by LiteRT on one thread.

The model file comes with the package (Apache-2.0, LICENSE-mediapipe.txt beside it). Its input is
192x192 RGB in [0, 1]; it gives (x, y, z) in input pixels and a logit for "this is a face".
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from importlib import resources

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import geometry, types
from jaxswap.vision import chips, detection, mesh

INPUT_SIZE = 192
MIN_SCORE = 0.5  # below, the model itself says that there is no face
MARGIN = 1.5  # side of the crop over the face's longer side, as MediaPipe crops


class LandmarkModel:
    """468 points of found faces. Not to be shared between threads."""

    def __init__(self) -> None:
        from ai_edge_litert import interpreter

        model = (resources.files("jaxswap.vision") / "assets" / "face_landmark.tflite").read_bytes()
        with _quiet():
            self._interpreter = interpreter.Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = self._interpreter.get_output_details()
        self._points = next(o["index"] for o in outputs if np.prod(o["shape"]) > 3)
        self._flag = next(o["index"] for o in outputs if np.prod(o["shape"]) == 1)

    def predict(
        self, frame_u8: types.ImageU8, detections: Sequence[detection.Detection]
    ) -> tuple[Float[np.ndarray, "n 468 2"], Float[np.ndarray, " n"]]:
        """Points in pixels of the frame, and the probability in [0, 1] that each is a face.

        Two passes: the crop of the second comes from the points of the first, so that the
        detector's jitter, which is larger, hardly reaches the points.
        """
        points = np.zeros((len(detections), mesh.NUM_POINTS, 2), np.float32)
        scores = np.zeros(len(detections), np.float32)
        for index, found in enumerate(detections):
            first, _ = self._run(frame_u8, _crop_from_box(found))
            points[index], scores[index] = self._run(frame_u8, _crop_from_points(first))
        return points, scores

    def follow(
        self, frame_u8: types.ImageU8, points: Float[np.ndarray, "468 2"]
    ) -> tuple[Float[np.ndarray, "468 2"], float]:
        """Points and score of one face as `predict` gives them, from its mesh in another frame.

        Two passes, as there: with one, the crop lags behind the face and the points jitter more.
        """
        first, _ = self._run(frame_u8, _crop_from_points(points))
        return self._run(frame_u8, _crop_from_points(first))

    def solid(
        self, frame_u8: types.ImageU8, points: Float[np.ndarray, "468 2"]
    ) -> Float[np.ndarray, "468 3"]:
        """The mesh with its depth, which grows away from the camera, from the points of a face.

        Only the shape is told: in pixels of a crop in which the eyes are level.
        """
        return self._infer(frame_u8, _crop_from_points(points))[0]

    def _run(
        self, frame_u8: types.ImageU8, crop_from_frame: types.Similarity
    ) -> tuple[Float[np.ndarray, "468 2"], float]:
        points, score = self._infer(frame_u8, crop_from_frame)
        in_frame = geometry.apply(geometry.invert(crop_from_frame), points[:, :2])
        return in_frame.astype(np.float32), score

    def _infer(
        self, frame_u8: types.ImageU8, crop_from_frame: types.Similarity
    ) -> tuple[Float[np.ndarray, "468 3"], float]:
        """Points in pixels of the crop, and the score."""
        crop = _cut(frame_u8, crop_from_frame)
        self._interpreter.set_tensor(self._input, crop[None].astype(np.float32) / 255.0)
        self._interpreter.invoke()
        points = self._interpreter.get_tensor(self._points).reshape(-1, 3)
        logit = float(self._interpreter.get_tensor(self._flag).reshape(-1)[0])
        return points.copy(), float(1 / (1 + np.exp(-logit)))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """LiteRT notes which delegate it made on the process's standard error; no switch stops it."""
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _cut(
    frame_u8: types.ImageU8, crop_from_frame: types.Similarity
) -> UInt8[np.ndarray, "size size 3"]:
    """The crop by single samples, from averages of blocks where it shrinks by 2 and more.

    A chip takes more care and more time: the model sees no difference.
    """
    factor = int(1 / geometry.scale_of(crop_from_frame))
    if factor >= 2:
        frame_u8, coarse_from_frame = chips.coarse(frame_u8, crop_from_frame, INPUT_SIZE, factor)
        crop_from_frame = geometry.compose(crop_from_frame, geometry.invert(coarse_from_frame))
    return cv2.warpAffine(
        frame_u8, crop_from_frame, (INPUT_SIZE, INPUT_SIZE), borderMode=cv2.BORDER_REPLICATE
    )


def _crop_from_box(found: detection.Detection) -> types.Similarity:
    centre = (found.box[:2] + found.box[2:4]) / 2
    return _crop(centre, found.size, found.landmarks[1] - found.landmarks[0])


def _crop_from_points(points: Float[np.ndarray, "468 2"]) -> types.Similarity:
    eyes = points[list(mesh.RIGHT_EYE)].mean(axis=0) - points[list(mesh.LEFT_EYE)].mean(axis=0)
    low, high = points.min(axis=0), points.max(axis=0)
    return _crop((low + high) / 2, float((high - low).max()), eyes)


def _crop(
    centre: Float[np.ndarray, " 2"], side: float, eyes: Float[np.ndarray, " 2"]
) -> types.Similarity:
    """Crop around a face that brings the line of its eyes level."""
    scale = INPUT_SIZE / max(side * MARGIN, 1.0)
    angle = np.arctan2(float(eyes[1]), float(eyes[0]))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    middle = np.full(2, (INPUT_SIZE - 1) / 2)
    shift = middle - linear @ centre.astype(np.float64)
    return np.concatenate([linear, shift[:, None]], axis=1)
