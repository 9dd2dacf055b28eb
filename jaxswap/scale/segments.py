"""Footage, listed and cut into segments of time, each of which is worked on by itself.

Where footage is cut depends on the settings alone. Each segment is read with some context on either
side, so that what is tracked and smoothed is the same as if the footage went on.
"""

import dataclasses
import glob
import hashlib
import json
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from jaxswap import config, errors, footage, spans, version

MAX_LIST_BYTES = 100_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of one footage.

    Attributes:
        path: of the footage.
        source: index of the footage in the list.
        number: of the segment in the footage, from 0.
        kept: the part whose frames count.
        read: the part that is read: `kept` and the context.
        key: names its result: equal for equal settings, place and footage alone.
    """

    path: Path
    source: int
    number: int
    kept: spans.Span
    read: spans.Span
    key: str


def listed(what: Path) -> list[Path]:
    """The footage that a pattern or a list names, sorted, each once.

    Args:
        what: a pattern with *, ? or ** (sorted), a text file with a path a line, relative to its
            folder, or one video.

    Raises:
        FootageError: if that is none.
    """
    if glob.has_magic(str(what)) and not what.exists():
        found = [Path(name) for name in glob.glob(str(what), recursive=True)]
    elif what.suffix == ".txt" and what.is_file():
        with what.open("rb") as stream:
            text = stream.read(MAX_LIST_BYTES).decode("utf-8", errors="replace")
        found = [what.parent / line.strip() for line in text.splitlines() if line.strip()]
    else:
        found = [what]
    if not found:
        raise errors.FootageError(
            f"{what} names no footage. Quote the pattern, and check it, or list a path a line in a "
            ".txt file."
        )
    return sorted(set(found))


def cut(
    path: Path, source: int, *, scale: config.ScaleConfig, settings: Sequence[object]
) -> list[Segment]:
    """The segments of a footage, the last one at least half as long as the others.

    Args:
        path: of the footage; what is no video is one segment.
        source: its index in the list.
        scale: how long segments and context are.
        settings: all that a result depends on besides.

    Raises:
        FootageError: if it cannot be read.
    """
    info = footage.probe(path)
    length, context = Fraction(str(scale.segment_s)), Fraction(str(scale.context_s))
    seconds = info.duration_s if info.kind == "video" else None
    count = max(1, math.floor(Fraction(seconds) / length + Fraction(1, 2))) if seconds else 1
    state = path.stat()
    values = [str(path.absolute()), state.st_size, state.st_mtime_ns, source, version.__version__]
    values += [scale.segment_s, scale.context_s, *settings]
    digest = hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]
    segments = []
    for number in range(count):
        start, last = number * length, number == count - 1
        segments.append(
            Segment(
                path=path,
                source=source,
                number=number,
                kept=spans.Span(start, None if last else start + length),
                read=spans.Span(
                    max(Fraction(0), start - context), None if last else start + length + context
                ),
                key=f"{source:06d}-{number:06d}-{digest}",
            )
        )
    return segments


def ticks(segment: Segment, time_base: Fraction) -> tuple[int, int | None]:
    """The first time that is kept, and the first after it, in units of the video's time base."""
    origin = footage.probe(segment.path).origin
    first, after = segment.kept.ticks(time_base, origin=origin)
    return first if segment.kept.start_s else -(2**62), after  # pictures before 0 count
