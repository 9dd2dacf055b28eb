"""Which files of a run folder are a complete checkpoint's, by their names alone."""

import re
from collections.abc import Iterable, Mapping

FOLDER = "checkpoints"
SUMS = "sha256.json"
"""Of each checkpoint: it is written last, so a checkpoint without it is not complete."""

_SUMS = re.compile(rf"{FOLDER}/(\d+)/{SUMS}")
_ANY = re.compile(rf"{FOLDER}/(\d+)/")
_SHOWN = ("previews/", "tensorboard/", f"{FOLDER}/")


def steps(names: Iterable[str]) -> list[int]:
    """Steps with a complete checkpoint, rising."""
    return sorted(int(match[1]) for match in map(_SUMS.fullmatch, names) if match)


def begun(names: Iterable[str]) -> set[int]:
    """Steps with any file of a checkpoint, complete or not."""
    return {int(match[1]) for match in map(_ANY.match, names) if match}


def of_step(names: Iterable[str], step: int) -> list[str]:
    """The files of one checkpoint, the one that completes it last."""
    folder = f"{FOLDER}/{step}/"
    found = sorted(name for name in names if name.startswith(folder))
    return sorted(found, key=lambda name: name == folder + SUMS)


def wanted(names: Mapping[str, int]) -> dict[str, int]:
    """Of a run what is read again: neither pictures for people nor checkpoints but the latest.

    Args:
        names: bytes by name, of any folder; of one without run.json everything is wanted.
    """
    if "run.json" not in names:
        return dict(names)
    latest = steps(names)[-1:]
    kept = {name for step in latest for name in of_step(names, step)}
    return {
        name: count for name, count in names.items() if name in kept or not name.startswith(_SHOWN)
    }
