"""Names that a user types, and what to say when one is not known."""

import difflib
from collections.abc import Iterable

from jaxswap import config, presets


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """A sentence that refuses `name`, offers the nearest known one and lists them all."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Unknown {what} {name!r}.{hint} There are: {', '.join(known)}."


def preset(name: str) -> config.Config:
    """The preset `name`.

    Raises:
        ValueError: if there is none; names the nearest.
    """
    if name not in presets.PRESETS:
        raise ValueError(unknown("preset", name, presets.PRESETS))
    return presets.PRESETS[name]
