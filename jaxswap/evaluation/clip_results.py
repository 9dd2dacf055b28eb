"""What is known of footage and the candidates made of it, after they were measured."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, UInt8

from jaxswap import types
from jaxswap.evaluation import agreement, expression, identity, series


@dataclasses.dataclass(frozen=True, kw_only=True)
class SwappedIdentities:
    """Who was replaced by whom, by the names of their identities."""

    from_identity: str
    to_identity: str


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CandidateResults:
    """Everything measured on one candidate beside the footage.

    Attributes:
        file: its file name.
        frames: how many it has.
        by_time: whether they were paired with those of the footage by time, not by order.
        rows: `candidate.COLUMNS`, a row for each frame of the footage.
        expression: landmark figures; None without faces to compare.
        courses: what is kept over time of each of `measured_face.ANGLES` and of
            `measured_face.TRAITS`; None without faces to compare.
        identities: distances to the identities by name; None if nothing was described.
    """

    file: str
    frames: int
    by_time: bool
    rows: series.Series
    expression: expression.LandmarkErrors | None
    courses: dict[str, agreement.Agreement] | None
    identities: dict[str, identity.Distances] | None

    @property
    def paired(self) -> int:
        """Frames that go with one of the footage."""
        return int((self.rows["paired"] == 1).sum())

    @property
    def found(self) -> int:
        """Frames that show a face where the footage has one."""
        return int((self.rows["found"] == 1).sum())

    @property
    def swapped(self) -> int:
        """Frames whose face visibly changed."""
        return int((self.rows["swapped"] == 1).sum())


@dataclasses.dataclass(frozen=True, kw_only=True)
class IdentityFigures:
    """Who the pictures of the two identities show, and the footage beside them.

    Attributes:
        described: faces of the footage that were described, evenly over the clip.
        footage: distances of these to the identities, by name; lower is nearer.
        scatter: mean distance among the pictures of each identity.
        apart: distance between the two identities.
    """

    described: int
    footage: dict[str, identity.Distances]
    scatter: dict[str, float | None]
    apart: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """One frame of the footage and of each candidate.

    Attributes:
        frame: index in the footage.
        time_s: presentation time.
        candidate: whose worst this is; None for one of those evenly over the clip.
        reason: what is shown and why, in words.
        faces_u8: the face, cut out in the same place of each: of the footage under
            `clip.FOOTAGE`, of the candidates under their names as far as they have the frame.
        whole_u8: the same of whole frames, small; empty for most.
    """

    frame: int
    time_s: float
    candidate: str | None
    reason: str
    faces_u8: Mapping[str, UInt8[np.ndarray, "s s 3"]]
    whole_u8: Mapping[str, types.ImageU8]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ClipResults:
    """Footage and its candidates.

    Attributes:
        file: file name of the footage.
        swap: who was replaced by whom; None if that was not said.
        rows: `clip.COLUMNS`, a row for each frame of the footage.
        candidates: by name, in the order in which they were given.
        identities: None if it was not measured.
        no_identities: then the reason, one sentence.
        notices: what was left out of footage or candidates, changed or not read, a line each.
        pictures: the worst frames of each candidate, then some evenly over the clip.
    """

    file: str
    swap: SwappedIdentities | None
    rows: series.Series
    candidates: dict[str, CandidateResults]
    identities: IdentityFigures | None
    no_identities: str | None
    notices: tuple[str, ...]
    pictures: list[Picture]

    @property
    def frames(self) -> int:
        """Of the footage."""
        return len(self.rows)

    @property
    def faces(self) -> int:
        """Frames of the footage that show the main face."""
        return int((self.rows["found"] == 1).sum())

    def footage(self, column: str) -> Float[np.ndarray, " t"]:
        """A column of the candidates' rows that is about the footage, as most frames know it."""
        columns = [candidate.rows[column] for candidate in self.candidates.values()]
        return max(columns, key=lambda values: int(np.isfinite(values).sum()))
