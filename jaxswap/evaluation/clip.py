"""Finished clips beside their footage: swapped, in place, with the same pose and expression?"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from jaxswap import config, footage, types
from jaxswap.evaluation import (
    candidate,
    clip_results,
    identity,
    measured_face,
    pairing,
    series,
    shown_frames,
)
from jaxswap.events import SILENT, Events
from jaxswap.vision import descriptor, finding, landmarks, selection, watching

FOOTAGE = shown_frames.FOOTAGE
"""The footage's name among those of the candidates."""

NUM_DESCRIBED = 100  # faces of each clip that are described: neighbouring frames say the same
COLUMNS = (
    "frame",
    "time_s",
    "found",
    *measured_face.ANGLES,
    *measured_face.TRAITS,
    *shown_frames.PLACE,
)
"""Of each frame of the footage: where it is, 1 if it shows the face, and what that does."""


def compare(
    reference: Path,
    clips: Mapping[str, Path],
    *,
    faces: config.FacesConfig,
    track: config.Track = "main",
    swap: clip_results.SwappedIdentities | None = None,
    pictures_of: Mapping[str, descriptor.Reference] | None = None,
    events: Events = SILENT,
) -> clip_results.ClipResults:
    """Compare footage with what was made of it, frame by frame, in bounded memory.

    The footage is read once for all candidates, in step with them, and its faces are found once.
    A second reading cuts out the pictures, when it is known which frames are the worst.

    Args:
        reference: the footage.
        clips: the candidates by name, videos or folders of images made by any tool.
        faces: how the faces of the footage are found.
        track: whose face changed: a number that `jaxswap faces` shows, or `main`, the largest where
            the faces come in; of several the first found is measured.
        swap: who was replaced by whom.
        pictures_of: pictures of both identities; without them, without `swap` or without the extra
            `identity`, identity distances are left out.
        events: is told how many frames are measured.

    Raises:
        FootageError: if footage or a candidate cannot be read, or their frames differ in size.
        Stopped: if `events` says so.
        ValueError: if there is no candidate, or one has the footage's name.
    """
    if not clips or FOOTAGE in clips:
        raise ValueError(f"`clips` must be one or more, none named {FOOTAGE!r}, not {list(clips)}.")
    no_identities = _no_identities(swap, pictures_of)
    reader = footage.FrameReader(reference)
    readers = {name: footage.FrameReader(path) for name, path in clips.items()}
    pairs = pairing.Pairing(reader, readers)
    with contextlib.ExitStack() as stack:
        measures = {name: stack.enter_context(candidate.Measurement()) for name in clips}
        describer = None if no_identities else descriptor.Describer()
        comparison = _Comparison(measures, describer, total=reader.num_frames)
        found = _measured(reader, faces, track)
        for frame, face in events.counted(found, "Measuring", total=lambda: reader.num_frames):
            comparison.add(frame, face, pairs.partners(frame))
        frames = pairs.finish()
        known = {}
        if describer is not None and swap is not None and pictures_of is not None:
            names = (swap.from_identity, swap.to_identity)
            known = {name: describer.describe_all(pictures_of[name]) for name in names}
        candidates = {
            name: measure.results(
                comparison.rows,
                known=known,
                file=clips[name].name,
                frames=frames[name],
                by_time=pairs.by_time[name],
            )
            for name, measure in measures.items()
        }
    shown = shown_frames.choose(comparison.rows, {name: c.rows for name, c in candidates.items()})
    return clip_results.ClipResults(
        file=reference.name,
        swap=swap,
        rows=comparison.rows,
        candidates=candidates,
        identities=_identities(comparison.described, known),
        no_identities=no_identities,
        notices=tuple(line for one in (reader, *readers.values()) for line in one.notices.lines),
        pictures=shown_frames.cut(shown, comparison.rows, reader, readers),
    )


def _no_identities(
    swap: clip_results.SwappedIdentities | None,
    pictures_of: Mapping[str, descriptor.Reference] | None,
) -> str | None:
    """Why identity distances are not measured; None if they are."""
    if swap is None:
        return "It was not said who was replaced by whom: name --from and --to."
    missing = {swap.from_identity, swap.to_identity} - set(pictures_of or ())
    if missing:
        return f"There are no pictures of {' and '.join(sorted(missing))}: name them by --identity."
    if not descriptor.is_available():
        return 'They need the extra: pip install "jaxswap[identity]"'
    return None


def _measured(
    reader: footage.FrameReader, faces: config.FacesConfig, track: config.Track
) -> Iterator[tuple[footage.Frame, finding.Face | None]]:
    """The frames of the footage with the one face that is measured."""
    picker = selection.Picker(track, max_gap_s=faces.max_gap_s, moves=reader.info.moves)
    for frame, found in watching.watch(reader, faces):
        picked = picker.pick(found, frame.time_s)
        yield frame, picked[0] if picked else None


class _Comparison:
    """The footage frame by frame, and all candidates beside it."""

    def __init__(
        self,
        measures: Mapping[str, candidate.Measurement],
        describer: descriptor.Describer | None,
        *,
        total: int | None,
    ):
        self._measures, self._describer = measures, describer
        self._total = total or 25 * NUM_DESCRIBED  # unknown: the first minutes
        self._model = landmarks.LandmarkModel()
        self.rows = series.Series(COLUMNS)
        self.described: list[np.ndarray] = []

    def add(
        self,
        frame: footage.Frame,
        face: finding.Face | None,
        clips_u8: Mapping[str, types.ImageU8],
    ) -> None:
        """Measure one frame, of which some candidates may have none."""
        near = None if face is None else face.landmarks_468
        before = measured_face.find(self._model, frame.image_u8, near)
        describer = self._describer if self._due() else None
        if describer is not None and before.points is not None:
            self.described.append(describer.describe(before.image_u8, before.points))
        for name, measure in self._measures.items():
            after = None
            if name in clips_u8:
                near = near if before.points is not None else None
                after = measured_face.find(self._model, clips_u8[name], near)
            measure.add(frame.time_s, before, after)
            if describer is not None and before.points is not None and after is not None:
                measure.describe(describer, after)
        self.rows.append(
            frame=frame.index,
            time_s=frame.time_s,
            found=before.points is not None,
            **before.courses,
            **({} if before.points is None else shown_frames.place(before.points)),
        )

    def _due(self) -> bool:
        """Whether the next of the positions in the middles of equal parts is reached."""
        taken = len(self.described)
        position = int((taken + 0.5) * self._total / NUM_DESCRIBED)
        return taken < NUM_DESCRIBED and len(self.rows) >= position


def _identities(
    described: list[np.ndarray], known: dict[str, np.ndarray]
) -> clip_results.IdentityFigures | None:
    if not described or not known:
        return None
    faces = np.stack(described)
    return clip_results.IdentityFigures(
        described=len(faces),
        footage={name: identity.distances(faces, people) for name, people in known.items()},
        scatter={name: identity.scatter(people) for name, people in known.items()},
        apart=identity.distances(*known.values()).pairs,
    )
