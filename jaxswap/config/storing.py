"""Configurations as JSON values, and back."""

import dataclasses
import json
from typing import Any


def to_dict(config: Any) -> dict[str, Any]:
    """A config dataclass as plain JSON values; `from_dict` is its inverse."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def from_dict(cls: type, values: dict[str, Any]) -> Any:
    """The inverse of `to_dict`, for `Config` and its parts.

    Raises:
        ValueError: if a key is unknown or missing, or a value is refused.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if set(values) != set(fields):
        raise ValueError(
            f"{cls.__name__} has the keys {sorted(fields)}, but these differ: "
            f"{sorted(set(values) ^ set(fields))}."
        )
    parts = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(fields[name].type):
            parts[name] = from_dict(fields[name].type, value)
        else:
            parts[name] = tuple(value) if isinstance(value, list) else value
    return cls(**parts)
