"""Which collectives a training step should have, and what is wrong with any other.

Every device computes the gradient of its own pictures. So parameters are all that has to travel:
their gradients are summed, once, and those that are split are gathered, at most once for the
forward and once for the backward pass. The sum of a split gradient is scattered over `fsdp` and its
parts are summed over `data`. Compilers may turn a scatter into a whole sum, and move the few rows
between neighbours by which padding shifts its parts. Pictures and activations stay where they are.
A few numbers beside them are the loss, its parts and the norm of the gradient.
"""

import dataclasses
from collections.abc import Sequence

from jaxswap.planning import collectives

NUMBERS = 1024
"""Values beside the parameters that a step may sum over the devices: losses and norms."""

SHIFTED = 100
"""One in so many values of the split gradients may move between neighbours."""


@dataclasses.dataclass(frozen=True)
class Parameters:
    """How many values the parameters have.

    Attributes:
        size: all of them.
        split_size: those in arrays that are split over `fsdp`, counted whole.
        fsdp: into how many parts.
        num_devices: how many devices train.
    """

    size: int
    split_size: int
    fsdp: int
    num_devices: int


def limits(parameters: Parameters) -> dict[str, int]:
    """Most values that each kind of collective may work on in a step; other kinds may not be."""
    parts = parameters.split_size // parameters.fsdp
    allowed = {"all-reduce": parameters.size + parts + NUMBERS}
    if parameters.split_size:
        allowed["reduce-scatter"] = parameters.split_size
        allowed["all-gather"] = 2 * parameters.split_size
        allowed["collective-permute"] = parameters.split_size // SHIFTED
    return allowed


def unexpected(found: Sequence[collectives.Collective], parameters: Parameters) -> list[str]:
    """A sentence on each kind of collective that the step should not have, or not so much of.

    And one if gradients are missing: then devices would train apart, or the program was misread.
    """
    allowed = limits(parameters)
    said = []
    summed = sum(each.size for each in found if each.kind in ("all-reduce", "reduce-scatter"))
    if parameters.num_devices > 1 and summed < parameters.size:
        said.append(
            f"Gradients of {parameters.size:,} parameters should be summed, but only {summed:,} "
            "values are."
        )
    for kind in collectives.KINDS:
        these = [each for each in found if each.kind == kind]
        size = sum(each.size for each in these)
        if size <= allowed.get(kind, 0) and (kind in allowed or not these):
            continue
        largest = max(these, key=lambda each: each.size)
        why = (
            f"{allowed[kind]:,} are expected of {parameters.size:,} parameters"
            if kind in allowed
            else "the step needs none"
        )
        said.append(
            f"{kind}: {size:,} values in {sum(each.times for each in these)}, but {why}; the "
            f"largest comes from {largest.source or 'no named operation'}."
        )
    return said
