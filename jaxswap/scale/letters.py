"""Footage that could not be used, as JSON lines: path, second of the segment's start, reason."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from jaxswap import files
from jaxswap.scale import segments


@dataclasses.dataclass(frozen=True, kw_only=True)
class Letter:
    """What of a footage could not be used; `start_s` is None if it is all of it."""

    path: str
    start_s: float | None
    reason: str


def of(segment: segments.Segment, reason: str) -> Letter:
    """Why a segment could not be used."""
    return Letter(path=str(segment.path), start_s=float(segment.kept.start_s), reason=reason)


def place(out: Path) -> Path:
    """Where the letters of an output are: beside it."""
    return out.with_name(f"{out.name}.failed.jsonl")


def write(out: Path, letters: Sequence[Letter]) -> None:
    """Write the letters beside an output; no file if there are none."""
    path = place(out)
    if not letters:
        path.unlink(missing_ok=True)
        return
    lines = [json.dumps(dataclasses.asdict(letter), sort_keys=True) + "\n" for letter in letters]
    with files.replacing(path) as partial:
        partial.write_text("".join(lines), encoding="utf-8")
