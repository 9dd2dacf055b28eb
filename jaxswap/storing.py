"""Dataclasses as JSON values, and back: what stored files are written and read with.

A file stays readable while its dataclasses grow, by these rules:

- A key that is missing takes the default of its field. So a new field needs a default, and one that
  keeps what was done before there was that field.
- A key that is not known is refused by its dotted name.
- A dataclass with `kind: ClassVar[str]` is written with its kind, first. A union is read by it. A
  union whose kind is missing is of the type of the field's default, else its first member: so one
  dataclass may become a union later.
- A change that these rules cannot carry needs a higher `format`.

Files may come from strangers: their size and depth are bounded, and every value is checked.
"""

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeGuard, TypeVar

from jaxswap import errors, names

MAX_BYTES = 10_000_000
MAX_DEPTH = 32
"""Objects and lists inside each other."""

_MAX_WHOLE = 2**63
_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}

T = TypeVar("T")


def read_json(
    path: Path, *, newest: int, oldest: int = 1, max_bytes: int = MAX_BYTES
) -> dict[str, Any]:
    """The object that a stored file holds, without its `format`.

    Args:
        path: of the file.
        newest: the highest format that the caller reads.
        oldest: the lowest one.
        max_bytes: a longer file is not read.

    Raises:
        ValueError: if the file cannot be read or its format is no longer read; one line.
        NewerFormatError: if a newer jaxswap wrote it.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise ValueError(f"{error.strerror or error}.") from error
    if len(content) > max_bytes:
        raise ValueError(f"It has more than {max_bytes:,} bytes.")
    values = parse_json(content)
    if not _is_object(values):
        raise ValueError(f"It must hold an object, not {_shown(values)}.")
    format_ = _value(int, values.pop("format", None), "format")
    if format_ > newest:
        raise errors.NewerFormatError(
            f"{path} was written by a newer jaxswap (format {format_}; this one reads up to "
            f"{newest}): install a newer jaxswap."
        )
    if format_ < oldest:
        raise ValueError(
            f"An older jaxswap wrote it (format {format_}; this one reads from {oldest} on), "
            "and can go on with it."
        )
    return values


def parse_json(content: bytes) -> Any:
    """The value that JSON stands for.

    Raises:
        ValueError: if it is no JSON, holds NaN or Infinity, or is nested too deeply; one line.
    """
    try:
        values = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
        _check_depth(values, MAX_DEPTH)
    except RecursionError as error:
        raise ValueError("It is nested too deeply.") from error
    except UnicodeDecodeError as error:
        raise ValueError("It is no text in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"It is no JSON: {error}.") from error
    return values


def to_dict(value: Any) -> dict[str, Any]:
    """A dataclass as plain JSON values; `from_dict` is its inverse."""
    return to_plain(value)


def to_plain(value: Any) -> Any:
    """What a field of a dataclass holds, as plain JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = kind_of(type(value))
        found = {} if kind is None else {"kind": kind}
        return found | {
            field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        items = typing.cast(Mapping[str, Any], value).items()
        return {key: to_plain(item) for key, item in items}
    if _is_list(value):
        return [to_plain(item) for item in value]
    return value


def from_dict(cls: type[T], values: object, *, where: str = "") -> T:
    """A dataclass from plain JSON values.

    Its fields may be numbers, text, `Literal`, `Any`, dataclasses, tuples, `Mapping[str, ...]`,
    and unions of these.

    Args:
        cls: the dataclass.
        values: what `to_dict` made, or a stranger.
        where: the dotted name of the object in its file, for messages.

    Raises:
        ValueError: if a key is unknown or missing, or a value is refused; one line.
    """
    return _dataclass((cls,), values, where)


def check_keys(cls: type, values: object, *, where: str = "") -> dict[str, Any]:
    """`values`, if it is an object with the keys of a dataclass; those with defaults may miss.

    Raises:
        ValueError: if it is none; names the key.
    """
    if not _is_object(values):
        raise ValueError(f"{_named(where)} must be an object, not {_shown(values)}.")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in values:
        if key not in fields:
            known = names.suggestion(key[:80], fields)
            raise ValueError(f"Unknown key `{_below(where, key[:80])}`.{known}")
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING
        if needed and field.default_factory is dataclasses.MISSING and name not in values:
            raise ValueError(f"`{_below(where, name)}` is missing.")
    return values


def kind_of(cls: type) -> str | None:
    """What tells a dataclass from the others of a union; None where it has no `kind`."""
    is_field = any(field.name == "kind" for field in dataclasses.fields(cls))
    return None if is_field else getattr(cls, "kind", None)


def _dataclass(
    classes: tuple[type, ...], values: object, where: str, default: object = None
) -> Any:
    if not _is_object(values):
        raise ValueError(f"{_named(where)} must be an object, not {_shown(values)}.")
    cls = _chosen(classes, values, where, default)
    if kind_of(cls) is not None:
        values = {key: value for key, value in values.items() if key != "kind"}
    check_keys(cls, values, where=where)
    hints = _hints(cls)
    arguments = {
        field.name: _value(
            hints[field.name], values[field.name], _below(where, field.name), _default(field)
        )
        for field in dataclasses.fields(cls)
        if field.name in values
    }
    try:
        return cls(**arguments)
    except ValueError as error:
        raise ValueError(f"{where}: {error}" if where else str(error)) from error


def _chosen(classes: tuple[type, ...], values: dict[str, Any], where: str, default: object) -> type:
    """The member of a union that an object is of."""
    kinds = {kind_of(cls): cls for cls in classes}
    if len(kinds) < len(classes) or (None in kinds and len(kinds) > 1):
        raise TypeError(f"Each of {classes} needs a `kind` of its own.")
    if None in kinds or "kind" not in values:
        return type(default) if type(default) in classes else classes[0]
    kind = values["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        known = names.suggestion(str(kind)[:80], [str(name) for name in kinds])
        raise ValueError(f"{_named(where)} has the unknown kind {_shown(kind)}.{known}")
    return kinds[kind]


def _value(hint: Any, value: Any, where: str, default: object = None) -> Any:
    """`value` as the type `hint` says."""
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if _is_dataclass(hint):
        return _dataclass((hint,), value, where)
    if origin in (typing.Union, types.UnionType):
        return _union(members, value, where, default)
    if origin is Literal:
        return _literal(members, value, where)
    if origin is tuple:
        return _tuple(members, value, where)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(members[1], value, where)
    return _number_or_text(hint, value, where)


def _union(members: tuple[Any, ...], value: Any, where: str, default: object) -> Any:
    if value is None and types.NoneType in members:
        return None
    others = [member for member in members if member is not types.NoneType]
    classes = tuple(member for member in others if _is_dataclass(member))
    if classes and _is_object(value):
        return _dataclass(classes, value, where, default)
    if len(others) == 1:
        return _value(others[0], value, where)
    for member in others:
        if member not in classes:
            try:
                return _value(member, value, where)
            except ValueError:
                continue
    expected = " or ".join(dict.fromkeys(_words(member) for member in members))
    raise ValueError(f"{_named(where)} must be {expected}, not {_shown(value)}.")


def _literal(choices: tuple[Any, ...], value: Any, where: str) -> Any:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    expected = _words(Literal[choices])
    raise ValueError(f"{_named(where)} must be {expected}, not {_shown(value)}.")


def _tuple(members: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not _is_list(value):
        raise ValueError(f"{_named(where)} must be a list, not {_shown(value)}.")
    hints = members[:1] * len(value) if members[1:] == (...,) else members
    if len(hints) != len(value):
        raise ValueError(f"{_named(where)} must have {len(hints)} values, not {len(value)}.")
    return tuple(
        _value(hint, item, f"{where}[{index}]")
        for index, (hint, item) in enumerate(zip(hints, value, strict=True))
    )


def _mapping(hint: Any, value: Any, where: str) -> dict[str, Any]:
    if not _is_object(value):
        raise ValueError(f"{_named(where)} must be an object, not {_shown(value)}.")
    return {key: _value(hint, item, _below(where, key)) for key, item in value.items()}


def _number_or_text(hint: Any, value: Any, where: str) -> bool | int | float | str:
    if hint not in _PLAIN:
        raise TypeError(f"{_named(where)} is of {hint}, which no stored file can hold.")
    if type(value) is hint or (hint is float and type(value) is int):
        if isinstance(value, (bool, str)):
            return value
        if abs(value) < _MAX_WHOLE if isinstance(value, int) else math.isfinite(value):
            return hint(value)
    raise ValueError(f"{_named(where)} must be {_PLAIN[hint]}, not {_shown(value)}.")


def _words(hint: Any) -> str:
    """What a value of a type is, for people."""
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        listed = ", ".join(str(choice) for choice in choices)
        return listed if len(choices) == 1 else f"one of {listed}"
    if typing.get_origin(hint) is tuple:
        return "a list"
    return "none" if hint is types.NoneType else _PLAIN.get(hint, "an object")


def _check_depth(value: Any, left: int) -> None:
    if not (_is_object(value) or _is_list(value)):
        return
    if not left:
        raise ValueError(f"It is nested deeper than {MAX_DEPTH}.")
    for item in value.values() if _is_object(value) else value:
        _check_depth(item, left - 1)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"It holds {name}, which is no number of JSON.")


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    return isinstance(value, (list, tuple))


def _is_dataclass(hint: object) -> TypeGuard[type]:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _named(where: str) -> str:
    return f"`{where}`" if where else "It"


def _shown(value: object) -> str:
    """A value in a message: short, whatever a stranger wrote."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)
