"""Footage that could not be used, as JSON lines: path, second of the segment's start, reason."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from jaxswap import files
from jaxswap.scale import segments


@dataclasses.dataclass(frozen=True, kw_only=True)
class Failure:
    """What of a footage could not be used; `start_s` is None if that is all of the footage."""

    path: str
    start_s: float | None
    reason: str


def of(segment: segments.Segment, reason: str) -> Failure:
    """Why a segment could not be used."""
    return Failure(path=str(segment.path), start_s=float(segment.kept.start_s), reason=reason)


def place(out: Path) -> Path:
    """The file of an output's failures, beside the output."""
    return out.with_name(f"{out.name}.failed.jsonl")


def write(out: Path, failures: Sequence[Failure]) -> None:
    """Write the failures beside an output; without failures there is no file."""
    path = place(out)
    if not failures:
        path.unlink(missing_ok=True)
        return
    lines = [json.dumps(dataclasses.asdict(failure), sort_keys=True) + "\n" for failure in failures]
    with files.replacing(path) as partial:
        partial.write_text("".join(lines), encoding="utf-8")
