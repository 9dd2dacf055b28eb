"""Fields that may change when a run goes on."""

import dataclasses
from typing import Any, TypeVar

T = TypeVar("T")


def pace(default: T) -> T:
    """A field that may have another value when a run goes on, as its default says.

    No such field changes a single bit of the run, but for `fsdp`, which like the number of devices
    changes the order of sums.
    """
    return dataclasses.field(default=default, metadata={"pace": True})


def is_pace(field: "dataclasses.Field[Any]") -> bool:
    """Whether a field was made by `pace`."""
    return field.metadata.get("pace", False)
