"""The `mtcnn` package's own detector, on TensorFlow: an extra, and the oracle of our tests."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from jaxswap import errors, types
from jaxswap.vision import detection

PACKAGE_MIN_FACE_PX = 20  # other values crash mtcnn 1.0.0: it counts the pyramid's levels wrongly


class MtcnnTf:
    """The detector of `jaxswap.vision.detection`, one frame at a time."""

    def __init__(self, *, min_score: float, min_face_px: int | Literal["auto"]):
        try:
            import mtcnn
        except ImportError as error:
            raise errors.MissingExtraError(
                "The detector mtcnn-tf needs TensorFlow. "
                'Install it (pip install "jaxswap[mtcnn-tf]") or use --faces.detector mtcnn.'
            ) from error
        self._detector = mtcnn.MTCNN()
        self._min_score = min_score
        self._min_face_px: int | Literal["auto"] = min_face_px

    def detect(self, frames_u8: Sequence[detection.FrameU8]) -> list[list[detection.Detection]]:
        """The faces of each frame, best first; frames may differ in size."""
        return [self._detect(frame_u8) for frame_u8 in frames_u8]

    def _detect(self, frame_u8: types.ImageU8) -> list[detection.Detection]:
        rows = self._detector.detect_faces(
            frame_u8,
            min_face_size=PACKAGE_MIN_FACE_PX,
            output_type="numpy",
            box_format="xyxy",
        )
        rows = np.asarray(rows, np.float32).reshape(-1, 16)[:, 1:]  # the first is the image's index
        found = [
            detection.Detection(
                box=row[:4], score=float(row[4]), landmarks=np.stack([row[5:10], row[10:15]], 1)
            )
            for row in rows[np.argsort(-rows[:, 4], kind="stable")]
        ]
        smallest_px = detection.smallest_px(self._min_face_px, frame_u8)
        return [
            face for face in found if face.score >= self._min_score and face.size >= smallest_px
        ]
