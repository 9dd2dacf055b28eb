"""Figures of frame after frame, in columns of 8 bytes a value: an hour of video is a few MB."""

import array
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


class Series:
    """Columns of numbers that grow by one row a frame; NaN is what could not be measured."""

    def __init__(self, names: Sequence[str]):
        self._columns = {name: array.array("d") for name in names}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in order."""
        return tuple(self._columns)

    def append(self, **values: float | int | bool | None) -> None:
        """Add a row; columns without a value get NaN, those of yes and no 1 and 0.

        Raises:
            ValueError: if there is no such column.
        """
        unknown = values.keys() - self._columns.keys()
        if unknown:
            raise ValueError(f"There is no column {sorted(unknown)}, only {list(self._columns)}.")
        for name, column in self._columns.items():
            value = values.get(name)
            column.append(float("nan") if value is None else float(value))
        self._count += 1

    def __getitem__(self, name: str) -> Float[np.ndarray, " t"]:
        """A copy of a column."""
        return np.array(self._columns[name], np.float64)

    def fill(self, name: str, values: Sequence[float] | np.ndarray) -> None:
        """Give a column its values afterwards, one a row.

        Raises:
            ValueError: if they are not as many as the rows.
        """
        if len(values) != self._count:
            raise ValueError(f"Column {name!r} has {self._count} rows, not {len(values)}.")
        self._columns[name] = array.array("d", values)

    def mean(self, name: str) -> float | None:
        """Mean of what is known of a column; None if nothing is."""
        known = self[name]
        known = known[~np.isnan(known)]
        return float(known.mean()) if len(known) else None
