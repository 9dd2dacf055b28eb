"""A converted clip beside its footage: swapped, in place, with the same pose and expression?"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from jaxswap import config, errors, footage, progress, types
from jaxswap.evaluation import agreement, change, clip_results, expression, identity, matching
from jaxswap.faces import alignment, chips, descriptor, finding, selection

NUM_PICTURES = 6
NUM_DESCRIBED = 100  # faces of each clip that are described: neighbouring frames say the same
FACE_SIZE = 192  # side in pixels of the faces in the report
FRAME_WIDTH = 480  # pixels of the frames in the report


def evaluate_clip(
    before: Path,
    after: Path,
    *,
    from_identity: str,
    to_identity: str,
    faces: config.FacesConfig,
    track: int = 0,
    references: Mapping[str, descriptor.Reference] | None = None,
) -> clip_results.ClipResults:
    """Compare footage with what conversion made of it, frame by frame, in bounded memory.

    Args:
        before: the footage.
        after: the converted clip: the same frames.
        from_identity: whose face was replaced.
        to_identity: whose face was put on it.
        faces: how faces are found; the same settings in both clips.
        track: whose face changed: 0 is the largest where the faces come in, 1 the next.
        references: pictures of both identities; without them, or without the extra `identity`,
            identity distances are left out.

    Raises:
        FootageError: if one of the two cannot be read, or their frames differ in size.
    """
    reader = footage.FrameReader(before)
    describer = descriptor.Describer() if references and descriptor.is_available() else None
    with expression.Comparison() as comparison:
        measure = _Measurement(
            selection.Selection(
                track, max_gap_s=faces.max_gap_s, follow=reader.info.kind == "video"
            ),
            comparison,
            describer,
            total=reader.num_frames,
        )
        frames_after = 0
        for pair in _pairs(reader, footage.FrameReader(after), faces):
            frames_after += pair[1] is not None
            if pair[0] is not None:
                measure.add(*pair)
        return clip_results.ClipResults(
            footage=before.name,
            from_identity=from_identity,
            to_identity=to_identity,
            frames=len(measure.rows),
            frames_after=frames_after,
            faces=measure.faces,
            faces_after=len(comparison),
            swapped=sum(row.swapped for row in measure.rows),
            expression=comparison.figures() if len(comparison) else None,
            mask_overlap=_mean([row.mask_overlap for row in measure.rows]),
            identities=_identities(describer, measure, references, from_identity, to_identity),
            rows=_with_errors(measure.rows, comparison),
            pictures=measure.pictures,
        )


Found = tuple[footage.Frame, list[finding.Face]]


def _pairs(
    before: footage.FrameReader, after: footage.FrameReader, faces: config.FacesConfig
) -> Iterator[tuple[Found | None, Found | None]]:
    """The frames of both clips with their faces, in step; the shorter one ends in None."""
    finder = finding.FaceFinder(faces)
    found = [
        finder.find_all(reader, follow=reader.info.kind == "video") for reader in (before, after)
    ]
    pairs = itertools.zip_longest(*found)
    for pair in progress.track(pairs, "Measuring the clip", total=before.num_frames):
        if None not in pair:
            shapes = [found[0].image_u8.shape for found in pair]
            if shapes[0] != shapes[1]:
                raise errors.FootageError(
                    f"Frame {pair[0][0].index} of {after.info.path} has {_size(shapes[1])} pixels, "
                    f"that of {before.info.path} {_size(shapes[0])}. Compare footage with the clip "
                    "that was made of it."
                )
        yield pair


class _Measurement:
    """What is gathered while the frames go by."""

    def __init__(
        self,
        followed: selection.Selection,
        comparison: expression.Comparison,
        describer: descriptor.Describer | None,
        *,
        total: int | None,
    ):
        self._followed, self._comparison, self._describer = followed, comparison, describer
        self._total = total or 25 * NUM_PICTURES  # unknown: show the first seconds
        self.rows: list[clip_results.FrameFigures] = []
        self.pictures: list[clip_results.Picture] = []
        self.faces = 0
        self.described: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])

    def add(self, before: Found, after: Found | None) -> None:
        """Measure one frame."""
        frame, faces = before
        chosen = self._followed.pick([face.detection for face in faces], frame.time_s)
        face = faces[chosen[0]] if chosen else None
        self.faces += face is not None
        if face is None or after is None:
            self.rows.append(clip_results.FrameFigures(frame=frame.index, time_s=frame.time_s))
            return
        after_u8, candidates = after[0].image_u8, after[1]
        points = face.landmarks_468
        changed = change.measure(frame.image_u8, after_u8, points)
        row = clip_results.FrameFigures(
            frame=frame.index,
            time_s=frame.time_s,
            swapped=changed.is_visible,
            change_face=changed.face,
            change_rest=changed.rest,
        )
        found = matching.same_place(face, candidates)
        if found is not None:
            row = dataclasses.replace(
                row,
                landmark_error_raw=self._comparison.add(points, found.landmarks_468),
                mask_overlap=expression.mask_overlap(points, found.landmarks_468),
            )
            if self._due(NUM_DESCRIBED, len(self.described[0])) and self._describer:
                self.described[0].append(self._describer.describe(frame.image_u8, points))
                self.described[1].append(self._describer.describe(after_u8, found.landmarks_468))
        if self._due(NUM_PICTURES, len(self.pictures)):
            self.pictures.append(_picture(frame, after_u8, points))
        self.rows.append(row)

    def _due(self, wanted: int, taken: int) -> bool:
        """Whether the next of `wanted` positions in the middles of equal parts is reached."""
        return taken < wanted and len(self.rows) >= int((taken + 0.5) * self._total / wanted)


def _picture(
    frame: footage.Frame, after_u8: types.ImageU8, points: Float[np.ndarray, "468 2"]
) -> clip_results.Picture:
    chip_from_frame = alignment.chip_from_frame(points, chip_size=FACE_SIZE, coverage=0.8)
    return clip_results.Picture(
        frame=frame.index,
        time_s=frame.time_s,
        before_u8=_small(frame.image_u8),
        after_u8=_small(after_u8),
        face_before_u8=chips.cut_chip(frame.image_u8, chip_from_frame, FACE_SIZE),
        face_after_u8=chips.cut_chip(after_u8, chip_from_frame, FACE_SIZE),
    )


def _small(frame_u8: types.ImageU8) -> types.ImageU8:
    height, width = frame_u8.shape[:2]
    if width <= FRAME_WIDTH:
        return frame_u8
    size = (FRAME_WIDTH, max(1, round(height * FRAME_WIDTH / width)))
    return cv2.resize(frame_u8, size, interpolation=cv2.INTER_AREA)


def _with_errors(
    rows: list[clip_results.FrameFigures], comparison: expression.Comparison
) -> list[clip_results.FrameFigures]:
    """The rows with what is known only at the end."""
    if len(comparison) < agreement.MIN_FRAMES:
        return rows
    left = iter(comparison.errors())
    return [
        row
        if row.landmark_error_raw is None
        else dataclasses.replace(row, landmark_error=float(next(left)))
        for row in rows
    ]


def _identities(
    describer: descriptor.Describer | None,
    measure: _Measurement,
    references: Mapping[str, descriptor.Reference] | None,
    from_identity: str,
    to_identity: str,
) -> clip_results.IdentityFigures | None:
    if describer is None or not measure.described[0]:
        return None
    names = (from_identity, to_identity)
    known = {name: describer.describe_all(references[name]) for name in names}
    before, after = (np.stack(described) for described in measure.described)
    return clip_results.IdentityFigures(
        described=len(before),
        before={name: identity.distances(before, known[name]) for name in names},
        after={name: identity.distances(after, known[name]) for name in names},
        scatter={name: identity.scatter(known[name]) for name in names},
        apart=identity.distances(*known.values()).pairs,
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
