"""What a compiled program sends between devices, read from its text.

The text is XLA's HLO after all passes. A collective may stand in it as one instruction, as a start
and a done, inside a called computation, or, on TPU, as a chain of copies in the fusions between
which it goes on; it is counted once, times the trips of the loops around it. Channels do not tell
one from another: all that one `psum` of a tree sends may have the same.

Reference: https://openxla.org/xla/operation_semantics
"""

import dataclasses
import math
import re
from collections.abc import Iterator

KINDS = (
    "all-reduce",
    "all-gather",
    "reduce-scatter",
    "all-to-all",
    "ragged-all-to-all",
    "collective-permute",
    "collective-broadcast",
)

_BITS = {"pred": 8, "bf16": 16, "token": 0, "c64": 64, "c128": 128}
_HEADER = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?([\w.\-]+) = (.*?) ([a-z][\w\-]*)\((.*)$")
_ARRAY = re.compile(r"\b([a-z]\w*)\[([\d,]*)\]")
_CALLED = re.compile(
    r"\b(?:calls|to_apply|body|condition|branch_computations|called_computations"
    r"|true_computation|false_computation)=(%[\w.\-]+|\{[^}]*\})"
)
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"')
_CHAIN = re.compile(r'\bchain_id="(\d+)"')
_SOURCE = re.compile(r'op_name="([^"]*)"')


@dataclasses.dataclass(frozen=True)
class Array:
    """One array: its element type as HLO names it, and its number of values."""

    dtype: str
    size: int

    @property
    def num_bytes(self) -> int:
        """Bytes without padding."""
        bits = _BITS.get(self.dtype) or int((re.findall(r"\d+", self.dtype) or ["0"])[0])
        return -(-self.size * bits // 8)


@dataclasses.dataclass(frozen=True)
class Collective:
    """One collective of the program.

    Attributes:
        kind: one of `KINDS`.
        arrays: what it works on, each whole: after a gather, before a scatter.
        times: how often it runs in a call of the program.
        source: the operation of the model that it came from, as JAX names it.
    """

    kind: str
    arrays: tuple[Array, ...]
    times: int
    source: str

    @property
    def size(self) -> int:
        """Values in all its arrays, over all its runs."""
        return self.times * sum(array.size for array in self.arrays)

    @property
    def num_bytes(self) -> int:
        """Bytes of all its arrays, over all its runs."""
        return self.times * sum(array.num_bytes for array in self.arrays)


@dataclasses.dataclass(frozen=True)
class _Instruction:
    name: str
    result: str
    operation: str
    rest: str


@dataclasses.dataclass(frozen=True)
class _Computation:
    name: str
    is_entry: bool
    instructions: dict[str, _Instruction]


def read(text: str) -> list[Collective]:
    """The collectives of a program, in the order of its text.

    Args:
        text: what `compiled.as_text()` gives.

    Raises:
        ValueError: if the text is no HLO module.
    """
    computations = {found.name: found for found in _computations(text)}
    if not any(found.is_entry for found in computations.values()):
        raise ValueError("The text has no ENTRY computation: it is no HLO module.")
    runs = _runs(computations)
    found: dict[object, Collective] = {}
    for computation in computations.values():
        for instruction in computation.instructions.values():
            kind = instruction.operation.removesuffix("-start")
            if kind not in KINDS or not runs[computation.name]:
                continue
            chain = _CHAIN.search(instruction.rest)
            key = (kind, chain[1]) if chain else (computation.name, instruction.name)
            collective = Collective(
                kind=kind,
                arrays=_arrays(instruction, computation),
                times=runs[computation.name],
                source=(_SOURCE.search(instruction.rest) or ["", ""])[1],
            )
            if key not in found or found[key].times < collective.times:
                found[key] = collective
    return list(found.values())


def _computations(text: str) -> Iterator[_Computation]:
    # Comments number the parts of long tuples; their `=` would end a type.
    lines = iter(re.sub(r"/\*.*?\*/", "", text).splitlines())
    for line in lines:
        header = _HEADER.match(line)
        if header is None:
            continue
        instructions = {}
        for inner in lines:
            if inner.startswith("}"):
                break
            parts = _INSTRUCTION.match(inner)
            if parts is not None:
                instructions[parts[1]] = _Instruction(*parts.groups())
        yield _Computation(header[2], header[1] is not None, instructions)


def _runs(computations: dict[str, _Computation]) -> dict[str, int]:
    """How often each computation runs in a call of the program; both branches of a choice count."""
    callers: dict[str, list[tuple[str, int]]] = {name: [] for name in computations}
    for computation in computations.values():
        for instruction in computation.instructions.values():
            if instruction.operation.endswith(("-update", "-done")):
                continue  # they name the computation that their start runs
            trips = _TRIPS.search(instruction.rest)
            times = int(trips[1]) if trips and instruction.operation == "while" else 1
            for names in _CALLED.findall(instruction.rest):
                for name in re.findall(r"%([\w.\-]+)", names):
                    if name in callers:
                        callers[name].append((computation.name, times))
    counts: dict[str, int] = {}

    def count(name: str) -> int:
        if name not in counts:
            called = sum(times * count(caller) for caller, times in callers[name])
            counts[name] = called + computations[name].is_entry
        return counts[name]

    return {name: count(name) for name in computations}


def _arrays(instruction: _Instruction, computation: _Computation) -> tuple[Array, ...]:
    """Its arrays before a scatter or after a gather, whichever are the whole ones."""
    operands = []
    for name in re.findall(r"%([\w.\-]+)", _inside(instruction.rest)):
        if name in computation.instructions:
            operands += _parse(computation.instructions[name].result)
    results = _parse(instruction.result)
    if "all-gather" not in instruction.operation:
        return tuple(operands)
    # The start of a gather gives its operands, too, in front of what it gathered.
    return tuple(results[-len(operands) :] if operands else results)


def _inside(rest: str) -> str:
    """The operands: what stands before the parenthesis that closes their list."""
    depth = 1
    for index, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if not depth:
            return rest[:index]
    return rest


def _parse(shape: str) -> list[Array]:
    bare = re.sub(r"\{[^}]*\}", "", shape)
    return [
        Array(dtype, math.prod(int(length) for length in lengths.split(",") if length))
        for dtype, lengths in _ARRAY.findall(bare)
    ]
