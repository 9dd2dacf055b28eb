"""Faces of frames: boxes and dense landmarks, in batches."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Float

from jaxswap import config, footage
from jaxswap.vision import detection, detectors, following, landmarks


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """One face of a frame.

    Attributes:
        detection: box, score and five points.
        landmarks_468: the mesh in pixels of the frame.
        mesh_score: probability in [0, 1] that the mesh lies on a face.
        track: the number that `jaxswap faces` shows. In a video, of the face's track, from 0 in the
            order of first appearance; in single pictures the face's rank by size in its picture,
            from 0. 0 for all until `watching.watch` has numbered them.
    """

    detection: detection.Detection
    landmarks_468: Float[np.ndarray, "468 2"]
    mesh_score: float
    track: int = 0


FrameFaces = tuple[footage.Frame, list[Face]]
"""A frame and the faces in it."""


class FaceFinder:
    """Detector and landmark model together. Not to be shared between threads."""

    def __init__(self, faces: config.FacesConfig):
        self._batch_size = faces.batch_size
        self._detector = detectors.make(faces)
        self._landmarks = landmarks.LandmarkModel()
        self._detect_every = faces.detect_every

    def find(self, frames: Sequence[footage.Frame]) -> list[list[Face]]:
        """The faces of each frame, best first."""
        found = self._detector.detect([frame.image_u8 for frame in frames])
        return [self._faces(frame, faces) for frame, faces in zip(frames, found, strict=True)]

    def follow(
        self, frame: footage.Frame, points: Float[np.ndarray, "468 2"]
    ) -> tuple[Float[np.ndarray, "468 2"], float]:
        """Mesh and score of a face that is expected at `points`, without the detector."""
        return self._landmarks.follow(frame.image_u8, points)

    def find_all(
        self, frames: Iterable[footage.Frame], *, follow: bool = False
    ) -> Iterator[FrameFaces]:
        """Each frame with its faces, in order; one batch of frames is held at a time.

        Args:
            frames: in the order of their times.
            follow: whether frames go on from each other, as those of a video do. Then faces are
                detected on key frames only, and followed between them.
        """
        if follow and self._detect_every > 1:
            return self._follow(frames)
        return self._find_each(frames)

    def _follow(self, frames: Iterable[footage.Frame]) -> Iterator[FrameFaces]:
        follower = following.Follower(
            self._detector,
            self._landmarks,
            detect_every=self._detect_every,
            batch_size=self._batch_size,
        )
        for frame, faces in follower.follow(frames):
            yield (
                frame,
                [
                    Face(
                        detection=face.detection,
                        landmarks_468=face.points,
                        mesh_score=face.mesh_score,
                    )
                    for face in faces
                ],
            )

    def _find_each(self, frames: Iterable[footage.Frame]) -> Iterator[FrameFaces]:
        frames = iter(frames)
        while batch := list(itertools.islice(frames, self._batch_size)):
            yield from zip(batch, self.find(batch), strict=True)

    def _faces(self, frame: footage.Frame, found: list[detection.Detection]) -> list[Face]:
        points, scores = self._landmarks.predict(frame.image_u8, found)
        return [
            Face(detection=face, landmarks_468=mesh, mesh_score=float(score))
            for face, mesh, score in zip(found, points, scores, strict=True)
            if score >= landmarks.MIN_SCORE
        ]
