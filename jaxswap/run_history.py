"""What was changed of a run, and when: each going on with something changed leaves an entry."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from jaxswap import storing
from jaxswap.config import pacing

MADE_WITH = ("versions", "platform", "commit")
"""Parts of the manifest that say with what a run is made: they may change when it goes on."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One going on with something changed.

    Attributes:
        when: the time in UTC, as ISO 8601 writes it.
        step: of the checkpoint from which the run went on.
        version: of jaxswap, with which it went on.
        changes: by dotted name the values before (`from`) and after (`to`), as JSON values; None
            where there was none.
    """

    when: str
    step: int
    version: str
    changes: Mapping[str, Mapping[str, Any]]

    def __post_init__(self) -> None:
        for name, change in self.changes.items():
            if set(change) != {"from", "to"}:
                raise ValueError(f"The change of `{name}` must have a `from` and a `to`.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """A value that differs between two configurations.

    Attributes:
        name: dotted, as in options.
        before: as a JSON value; None if there is no such field.
        after: the same.
        may_change: whether a run may go on with it.
    """

    name: str
    before: Any
    after: Any
    may_change: bool


def differences(before: Any, after: Any) -> list[Difference]:
    """What differs between two dataclasses, in the order of their fields."""
    old, new = ({name: rest for name, *rest in _leaves(value)} for value in (before, after))
    absent = [None, False]
    return [
        Difference(
            name=name,
            before=old.get(name, absent)[0],
            after=new.get(name, absent)[0],
            may_change=old.get(name, absent)[1] and new.get(name, absent)[1],
        )
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]


def changes(
    found: list[Difference], *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The `changes` of an entry.

    Args:
        found: of the configurations.
        before: manifest of the run so far.
        after: what it would be if the run began now.
    """
    changed = {each.name: {"from": each.before, "to": each.after} for each in found}
    old, new = (
        dict(_flat({part: manifest.get(part) for part in MADE_WITH}))
        for manifest in (before, after)
    )
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            changed[name] = {"from": old.get(name), "to": new.get(name)}
    return changed


def _leaves(value: Any, where: str = "", may_change: bool = False) -> Iterator[tuple[Any, ...]]:
    """Name, JSON value, and whether it may change, of all that is no dataclass in a dataclass."""
    dot = f"{where}." if where else ""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = storing.kind_of(type(value))
        if kind is not None:
            yield f"{dot}kind", kind, False
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name), dot + field.name, pacing.is_pace(field))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{dot}{key}")
    else:
        yield where, storing.to_plain(value), may_change


def _flat(values: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{where}.{key}" if where else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        else:
            yield name, value
