"""Dataclasses become JSON values and come back, while they grow and whoever wrote the values."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import pytest

from jaxswap import errors, storing


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    features: tuple[int, ...] = (4, 2)
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"`share` must be in [0, 1], not {self.share}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plain:
    kind: ClassVar[str] = "plain"
    units: int = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deep:
    kind: ClassVar[str] = "deep"
    units: int = 8
    heads: tuple[Head, ...] = (Head(), Head(share=1.0))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whole:
    name: str
    steps: int = 3
    exact: bool = False
    size: int | Literal["auto"] = "auto"
    mode: Literal["feather", "paste", "poisson"] = "feather"
    pair: tuple[float, int] = (0.5, 2)
    net: Plain | Deep = Plain()
    late: Plain | Deep = Deep()
    head: Head | None = None
    fixed: Plain = Plain()
    others: Mapping[str, Plain | Deep] = dataclasses.field(default_factory=dict)
    notes: Mapping[str, Any] = dataclasses.field(default_factory=dict)


FULL = Whole(
    name="né",
    steps=7,
    exact=True,
    size=64,
    mode="poisson",
    pair=(1e-9, 5),
    net=Deep(units=2, heads=(Head(features=()),)),
    late=Plain(units=1),
    head=Head(),
    others={"anna": Plain(), "ben": Deep(heads=())},
    notes={"where": ["here", {"or": None}]},
)


@pytest.mark.parametrize("value", [FULL, Whole(name="a")])
def test_what_is_written_comes_back(value):
    values = json.loads(json.dumps(storing.to_dict(value)))
    assert storing.from_dict(Whole, values) == value
    assert storing.to_dict(storing.from_dict(Whole, values)) == values


def test_a_kind_stands_first():
    values = storing.to_dict(FULL)
    assert list(values["net"]) == ["kind", "units", "heads"]
    assert values["others"]["anna"] == {"kind": "plain", "units": 8}


def test_what_is_missing_takes_its_default():
    assert storing.from_dict(Whole, {"name": "a"}) == Whole(name="a")
    assert storing.from_dict(Whole, {"name": "a", "head": {}}).head == Head()
    with pytest.raises(ValueError, match=r"^`name` is missing\.$"):
        storing.from_dict(Whole, {})


def test_a_union_without_a_kind_is_of_its_defaults_type_else_of_its_first_members():
    read = storing.from_dict(Whole, {"name": "a", "net": {"units": 1}, "late": {"units": 1}})
    assert (read.net, read.late) == (Plain(units=1), Deep(units=1))
    read = storing.from_dict(Whole, {"name": "a", "others": {"ben": {"units": 3}}})
    assert read.others == {"ben": Plain(units=3)}


def test_one_dataclass_may_become_a_union():
    before = dataclasses.make_dataclass("Before", [("head", Head)], frozen=True)
    values = storing.to_dict(before(head=Head(share=0.25)))
    with_kind = dataclasses.make_dataclass("Mask", [], bases=(Head,), frozen=True, kw_only=True)
    with_kind.kind = "mask"
    after = dataclasses.make_dataclass("After", [("head", with_kind | Plain)], frozen=True)
    assert storing.from_dict(after, values).head == with_kind(share=0.25)


def test_a_whole_number_is_a_number_too():
    read = storing.from_dict(Head, {"share": 1})
    assert type(read.share) is float


REFUSED = {
    "nothing": (None, "It must be an object, not None."),
    "a list": ([], "It must be an object, not a list."),
    "unknown key": (
        {"stepz": 1},
        r"Unknown key `stepz`\. Did you mean 'steps'\? There are: name, steps, ",
    ),
    "unknown key below": (
        {"late": {"heads": [{}, {"featurs": []}]}},
        r"Unknown key `late\.heads\[1\]\.featurs`\. Did you mean 'features'\?",
    ),
    "unlike any": ({"xxxxxxx": 1}, r"Unknown key `xxxxxxx`\. There are: name, "),
    "unknown kind": (
        {"net": {"kind": "deeep"}},
        r"`net` has the unknown kind 'deeep'\. Did you mean 'deep'\? There are: plain, deep\.",
    ),
    "unknown kind in a table": ({"others": {"b": {"kind": []}}}, r"`others\.b` has the unknown"),
    "another kind": ({"fixed": {"kind": "deep"}}, r"`fixed` has the unknown kind 'deep'.*: plain"),
    "a key of the other kind": ({"net": {"kind": "plain", "heads": []}}, r"key `net\.heads`"),
    "text for a number": (
        {"head": {"share": "x"}},
        r"^`head\.share` must be a number, not 'x'\.$",
    ),
    "out of range": ({"head": {"share": 2}}, r"^head: `share` must be in \[0, 1\], not 2\.0\.$"),
    "not finite": ({"head": {"share": math.inf}}, r"`head\.share` must be a number, not inf"),
    "no number": ({"head": {"share": math.nan}}, r"`head\.share` must be a number, not nan"),
    "too large": ({"head": {"share": 10**400}}, r"`head\.share` must be a number, not 1000"),
    "a share of a step": ({"steps": 2.0}, r"`steps` must be a whole number, not 2\.0"),
    "truth for a number": ({"steps": True}, r"`steps` must be a whole number, not True"),
    "a number for truth": ({"exact": 1}, r"`exact` must be true or false, not 1"),
    "a number for text": ({"name": 1}, r"`name` must be text, not 1"),
    "no choice": ({"mode": "past"}, r"`mode` must be one of feather, paste, poisson, not 'past'"),
    "neither": ({"size": "all"}, r"`size` must be a whole number or auto, not 'all'"),
    "a list of wrong things": ({"head": {"features": [1, "2"]}}, r"`head\.features\[1\]` must be"),
    "no list": ({"head": {"features": 5}}, r"`head\.features` must be a list, not 5"),
    "too short": ({"pair": [1]}, r"`pair` must have 2 values, not 1"),
    "no dataclass": ({"net": 5}, r"`net` must be an object, not 5"),
    "no optional dataclass": ({"head": "none"}, r"`head` must be an object, not 'none'"),
    "no table": ({"others": []}, r"`others` must be an object, not a list"),
    "long": ({"name": ["x" * 10_000]}, r"`name` must be text, not a list"),
    "a long text": (
        {"steps": "x" * 10_000},
        r"`steps` must be a whole number, not 'x{76}\.\.\.\.$",
    ),
    "a long key": ({"x" * 10_000: 1}, r"Unknown key `x{80}`"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_wrong_is_refused_by_its_name_in_one_line(what):
    values, message = REFUSED[what]
    if isinstance(values, dict):
        values = {"name": "a"} | values
    with pytest.raises(ValueError, match=message) as caught:
        storing.from_dict(Whole, values)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_messages_name_the_place_in_the_file():
    with pytest.raises(ValueError, match=r"`config\.head\.share` must be a number"):
        storing.from_dict(Whole, {"name": "a", "head": {"share": None}}, where="config")


def test_a_dataclass_that_no_file_can_hold_is_a_mistake_of_ours():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Twin:
        kind: ClassVar[str] = "plain"

    for hint in (set, Plain | Twin, Plain | Head):
        cls = dataclasses.make_dataclass("Wrong", [("value", hint)])
        with pytest.raises(TypeError, match=r"no stored file can hold|needs a `kind` of its own"):
            storing.from_dict(cls, {"value": {}})


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_comes_without_its_format(tmp_path):
    path = write(tmp_path / "a.json", '{"format": 2, "b": [1, 2.5, null]}')
    assert storing.read_json(path, newest=2) == {"b": [1, 2.5, None]}


def test_a_newer_format_names_the_remedy(tmp_path):
    path = write(tmp_path / "a.json", '{"format": 3, "unknown": 1}')
    message = (
        r"a\.json was written by a newer jaxswap \(format 3; this one reads up to 2\): install"
    )
    with pytest.raises(errors.NewerFormatError, match=message):
        storing.read_json(path, newest=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 1}', r"An older jaxswap wrote it \(format 1; this one reads from 2 on\)"),
        ("{}", r"`format` must be a whole number, not None"),
        ('{"format": true}', r"`format` must be a whole number, not True"),
        ("[]", r"It must hold an object, not a list"),
        ("", r"It is no JSON: Expecting value"),
        ('{"format": 2, ', r"It is no JSON"),
        ('{"format": 2, "a": NaN}', r"It holds NaN"),
        ('{"format": 2, "a": -Infinity}', r"It holds -Infinity"),
        ("[" * 100_000, r"It is nested too deeply"),
        ("[" * 33 + "]" * 33, r"It is nested deeper than 32"),
        ('{"a":' * 40 + "1" + "}" * 40, r"It is nested deeper than 32"),
        (b"\xff\xfe", r"It is no text in UTF-8"),
        (" " * 2000, r"It has more than 1,000 bytes"),
        ("9" * 900, r"It must hold an object, not 999"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path, text, message):
    path = write(tmp_path / "a.json", text)
    with pytest.raises(ValueError, match=message) as caught:
        storing.read_json(path, newest=2, oldest=2, max_bytes=1_000 if len(text) < 9_999 else 10**6)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ValueError, match="No such file"):
        storing.read_json(tmp_path / "a.json", newest=1)


def test_a_file_at_the_limits_is_read(tmp_path):
    text = '{"format": 1, "a":' + "[" * 31 + "]" * 31 + "}"
    path = write(tmp_path / "a.json", text.ljust(1_000))
    assert "a" in storing.read_json(path, newest=1, max_bytes=1_000)
