"""Names that a user types: what one may look like, and what to say when one is not known."""

import difflib
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def is_plain(name: str) -> bool:
    """Whether a name is of letters, digits, '_', '.' and '-', and begins with one of the first."""
    return _PLAIN.fullmatch(name) is not None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """A sentence that refuses `name`, offers the nearest known one and lists them all."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Unknown {what} {name!r}.{hint} There are: {', '.join(known)}."
