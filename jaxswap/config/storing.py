"""Configurations as JSON values, and back."""

import dataclasses
import typing
from typing import Any


def to_dict(config: Any) -> Any:
    """A config dataclass as plain JSON values, with its kind if it has one."""
    if dataclasses.is_dataclass(config):
        kind = {"kind": config.kind} if hasattr(config, "kind") else {}
        fields = dataclasses.fields(config)
        return kind | {field.name: to_dict(getattr(config, field.name)) for field in fields}
    return [to_dict(value) for value in config] if isinstance(config, tuple) else config


def from_dict(cls: type, values: dict[str, Any]) -> Any:
    """The inverse of `to_dict`, for `Config` and its parts.

    Raises:
        ValueError: if a key is unknown or missing, or a value is refused.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    kind = {"kind": cls.kind} if hasattr(cls, "kind") else {}
    if set(values) != set(fields) | set(kind) or any(values[key] != kind[key] for key in kind):
        raise ValueError(
            f"{cls.__name__} has the keys {sorted(fields)} and the kind {kind}; these differ: "
            f"{sorted(set(values) ^ set(fields))}."
        )
    parts = {}
    for name, field in fields.items():
        members = [field.type, *typing.get_args(field.type)]
        part = next((member for member in members if dataclasses.is_dataclass(member)), None)
        value = values[name]
        if part is not None and value is not None:
            parts[name] = from_dict(part, value)
        else:
            parts[name] = tuple(value) if isinstance(value, list) else value
    return cls(**parts)
