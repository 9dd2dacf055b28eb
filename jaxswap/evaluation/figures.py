"""A figure of a report as a reader meets it: named, with a unit, a direction and the best."""

import dataclasses
import math
import operator
from typing import Literal

from jaxswap.evaluation import shown_frames

Direction = Literal["higher", "lower", "one"]


@dataclasses.dataclass(frozen=True)
class Scale:
    """How values are written.

    Attributes:
        form: value and unit for people, with a place for the value.
        factor: of the value in `form`.
        unit: of the values for machines; empty for a share or another pure number.
    """

    form: str
    factor: float = 1.0
    unit: str = ""


DECIBELS = Scale("{:.1f} dB", unit="dB")
THREE_DIGITS = Scale("{:.3f}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        key: name for machines, stable.
        name: name for people.
        values: as in report.json, by column: those of the candidates under their names, that of the
            footage itself under `shown_frames.FOOTAGE`. A column that has none is left out.
        scale: how the values are written.
        better: which direction is good; "one" is the nearer to 1 by its ratio.
        meaning: one or two sentences.
    """

    key: str
    name: str
    values: dict[str, float]
    scale: Scale
    better: Direction
    meaning: str

    def shown(self, column: str) -> str | None:
        """A value for people; None if the column has none."""
        if column not in self.values:
            return None
        return self.scale.form.format(self.scale.factor * self.values[column])

    @property
    def best(self) -> frozenset[str]:
        """The best of two candidates or more; several if they are equal."""
        values = {name: v for name, v in self.values.items() if name != shown_frames.FOOTAGE}
        if len(values) < 2:
            return frozenset()
        cost = {"higher": operator.neg, "lower": float, "one": lambda value: abs(math.log(value))}
        costs = {name: cost[self.better](value) for name, value in values.items()}
        return frozenset(name for name in costs if costs[name] == min(costs.values()))
