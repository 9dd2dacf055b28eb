"""Faces of a video: detected on key frames, followed by their meshes between them.

A key is every n-th frame, the last one, and one that comes long after the frame before it. From key
to key each mesh tells where the face is looked for in the next frame. Where one is lost, the frame
becomes a key too. A face that is new at a key is followed back to the key before, so that it is
there from its first frame on. What is found depends on the frames and on `detect_every` alone.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Float

from jaxswap import footage, geometry, types
from jaxswap.vision import boxes, detection, landmarks, mesh

MAX_STEP_S = 0.2  # between frames that are further apart faces are not followed
MAX_SHIFT = 0.5  # of a face in one frame, in its sides: more is another face
MAX_GROWTH = 1.25  # in one frame
SAME_OVERLAP = 0.5  # from which on a detection is the face that was followed there
OTHER_OVERLAP = 0.1  # up to which a missed face and a detection are two
_STABLE = list(mesh.STABLE)

KeyFace = tuple[detection.Detection, Float[np.ndarray, "468 2"]]
"""A detection of a key, and the mesh of that face in pixels of the frame."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """One face of a frame.

    Attributes:
        detection: of this frame, or of the last key, moved as the mesh has moved since.
        points: the mesh in pixels of the frame.
        mesh_score: probability in [0, 1] that the mesh lies on a face.
        key: the last key's detection and mesh.
        missed: whether the detector did not find it at the last key.
    """

    detection: detection.Detection
    points: Float[np.ndarray, "468 2"]
    mesh_score: float
    key: KeyFace
    missed: bool = False


class Follower:
    """Detector and landmark model over the frames of a video.

    Args:
        detector: finds the faces of keys.
        model: lays the meshes.
        detect_every: frames from key to key, at least 1.
        batch_size: frames that are held, as far as whole runs from key to key fit in; their keys go
            to the detector together.
    """

    def __init__(
        self,
        detector: detection.Detector,
        model: landmarks.LandmarkModel,
        *,
        detect_every: int,
        batch_size: int,
    ):
        self._detector, self._model = detector, model
        self._detect_every = detect_every
        self._num_ahead = detect_every * max(1, batch_size // detect_every)

    def follow(
        self, frames: Iterable[footage.Frame]
    ) -> Iterator[tuple[footage.Frame, list[Followed]]]:
        """Each frame with its faces, best first, in order."""
        frames = iter(frames)
        held = list(itertools.islice(frames, 1))
        found = [
            self._at_key(frame, [], faces)[1]
            for frame, faces in zip(held, self._detect(held), strict=True)
        ]
        while ahead := list(itertools.islice(frames, self._num_ahead)):
            held = [held[-1], *ahead]
            found = self._found(held, found[-1])
            yield from zip(held[:-1], found[:-1], strict=True)
        yield from zip(held[-1:], found[-1:], strict=True)

    def _found(self, held: list[footage.Frame], first: list[Followed]) -> list[list[Followed]]:
        """The faces of frames of which the first and the last are keys."""
        keys = [i for i in range(1, len(held)) if self._is_key(held, i)]
        detected = dict(zip(keys, self._detect([held[i] for i in keys]), strict=True))
        found, last_key = [first], 0
        for i in range(1, len(held)):
            moved = [self._moved(face, held[i - 1], held[i]) for face in found[-1]]
            carried = _apart([face for face in moved if face is not None])
            if i not in detected and len(carried) == len(found[-1]):
                found.append(carried)
                continue
            if i not in detected:
                detected[i] = self._detect([held[i]])[0]
            known, new = self._at_key(held[i], carried, detected[i])
            found.append(_apart(known + new))
            for face in new:
                if any(face is kept for kept in found[i]):
                    self._follow_back(face, held[last_key + 1 : i + 1], found[last_key + 1 : i])
            last_key = i
        return found

    def _is_key(self, held: list[footage.Frame], i: int) -> bool:
        return i % self._detect_every == 0 or i == len(held) - 1 or _far(held[i - 1], held[i])

    def _detect(self, frames: Sequence[footage.Frame]) -> list[list[detection.Detection]]:
        return self._detector.detect([frame.image_u8 for frame in frames])

    def _at_key(
        self,
        frame: footage.Frame,
        carried: list[Followed],
        detected: list[detection.Detection],
    ) -> tuple[list[Followed], list[Followed]]:
        """Faces that came with a mesh, which stays, so that nothing jumps at a key; and new ones.

        The detector may miss a face at one key, but not at the next one too.
        """
        overlaps = boxes.overlaps(_boxes(face.detection for face in carried), _boxes(detected))
        known, taken = [], set()
        for face, row in zip(carried, overlaps, strict=True):
            best = max(range(len(detected)), key=lambda j, row=row: row[j], default=None)
            if best is not None and best not in taken and row[best] >= SAME_OVERLAP:
                taken.add(best)
                key = (detected[best], face.points)
                known.append(
                    dataclasses.replace(face, detection=detected[best], key=key, missed=False)
                )
            elif not face.missed and (row <= OTHER_OVERLAP).all():
                known.append(dataclasses.replace(face, missed=True))
        left = [one for j, one in enumerate(detected) if j not in taken]
        points, scores = self._model.predict(frame.image_u8, left)
        new = [
            Followed(detection=one, points=laid, mesh_score=float(score), key=(one, laid))
            for one, laid, score in zip(left, points, scores, strict=True)
            if score >= landmarks.MIN_SCORE
        ]
        return known, new

    def _follow_back(
        self, face: Followed, frames: list[footage.Frame], found: list[list[Followed]]
    ) -> None:
        """Add a face of the last frame to those before it, as far as it is there and not known."""
        for i in reversed(range(len(found))):
            moved = self._moved(face, frames[i + 1], frames[i])
            if moved is None or len(_apart([*found[i], moved])) == len(found[i]):
                return
            face = moved
            found[i][:] = _apart([*found[i], moved])

    def _moved(self, face: Followed, known: footage.Frame, frame: footage.Frame) -> Followed | None:
        """The face of a known frame in the next or the previous one, None if it is not there."""
        if _far(known, frame):
            return None
        points, score = self._model.follow(frame.image_u8, face.points)
        if score < landmarks.MIN_SCORE or not _plausible(face.points, points):
            return None
        moved = _detection(face.key, points, frame.image_u8)
        if moved is None:
            return None
        return dataclasses.replace(face, detection=moved, points=points, mesh_score=score)


def _far(one: footage.Frame, other: footage.Frame) -> bool:
    return abs(other.time_s - one.time_s) > MAX_STEP_S


def _plausible(before: Float[np.ndarray, "468 2"], after: Float[np.ndarray, "468 2"]) -> bool:
    """Whether a face may move so from one frame to the next."""
    matrix = geometry.estimate_similarity(before, after)
    side = float(np.ptp(before, axis=0).max())
    shift = float(np.linalg.norm(after.mean(axis=0) - before.mean(axis=0)))
    growth = geometry.scale_of(matrix)
    return shift <= MAX_SHIFT * side and 1 / MAX_GROWTH <= growth <= MAX_GROWTH


def _detection(
    key: KeyFace,
    points: Float[np.ndarray, "468 2"],
    frame_u8: types.ImageU8,
) -> detection.Detection | None:
    """The key's detection moved as its mesh has; None if it left the frame."""
    found, points_then = key
    matrix = geometry.estimate_similarity(points_then[_STABLE], points[_STABLE])
    centre = geometry.apply(matrix, (found.box[:2] + found.box[2:]) / 2)
    half = (found.box[2:] - found.box[:2]) / 2 * geometry.scale_of(matrix)
    size = np.tile(frame_u8.shape[1::-1], 2)
    box = np.concatenate([centre - half, centre + half]).clip(0, size).astype(np.float32)
    if not (box[2:] > box[:2]).all():
        return None
    return detection.Detection(
        box=box, score=found.score, landmarks=geometry.apply(matrix, found.landmarks)
    )


def _apart(faces: list[Followed]) -> list[Followed]:
    """Best first, and of those that came to lie on one another only the best."""
    faces = sorted(faces, key=lambda face: -face.detection.score)
    overlaps = boxes.overlaps(*[_boxes(face.detection for face in faces)] * 2)
    return [face for i, face in enumerate(faces) if not (overlaps[i, :i] >= SAME_OVERLAP).any()]


def _boxes(detections: Iterable[detection.Detection]) -> Float[np.ndarray, "n 4"]:
    return np.array([found.box for found in detections], np.float32).reshape(-1, 4)
