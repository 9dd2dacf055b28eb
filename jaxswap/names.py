"""Names that come from outside, and what to say when one is not known."""

import difflib
import re
from collections.abc import Iterable

IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
"""A name that an identity may have; it becomes part of files' names."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def is_plain(name: str) -> bool:
    """Whether a name is of letters, digits, '_', '.' and '-', and begins with one of the first."""
    return _PLAIN.fullmatch(name) is not None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """A sentence that refuses `name`, offers the nearest known one and lists them all."""
    return f"Unknown {what} {name!r}.{suggestion(name, known)}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """What may have been meant by `name`, to put behind a sentence that refuses it."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{hint} There are: {', '.join(known)}."
