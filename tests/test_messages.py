"""Options that messages and docs name exist, under just these names."""

import ast
import contextlib
import io
import re
from pathlib import Path

import pytest

import jaxswap
from jaxswap import config, errors, presets
from jaxswap.cli import commands, parsing

SOURCES = [Path(jaxswap.__file__).parent, Path(jaxswap.__file__).parents[1] / "pipelines"]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9.-]*[a-z0-9]")
OTHERS = {"--default_sdk_harness_log_level"}  # of Apache Beam


def texts() -> list[tuple[str, str]]:
    """All text in the sources that is no docstring: where it is, and the text."""
    found = []
    for path in (path for root in SOURCES for path in sorted(root.rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        skipped = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in skipped:
                continue
            if isinstance(node.value, str):
                found.append((f"{path.name}:{node.lineno}", node.value))
    return found


@pytest.fixture(scope="module")
def options() -> set[str]:
    """Those of all commands, and of training with each preset."""
    asked = [[name, "--help"] for name in commands.COMMANDS]
    asked += [["train", "--preset", name, "--help"] for name in presets.PRESETS]
    found = {"--help"}
    for argv in asked:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), pytest.raises(SystemExit):
            parsing.parse(argv)
        found |= set(OPTION.findall(said.getvalue()))
        found |= {name.replace("--no-", "--") for name in found}
    return found


def test_every_option_in_a_message_is_one(options):
    wrong = [
        (where, name)
        for where, text in texts()
        for name in OPTION.findall(text)
        if name not in options | OTHERS and not any(each.startswith(name) for each in OTHERS)
    ]
    assert wrong == []


def test_no_message_names_a_field_where_an_option_is_meant():
    """`faces.min_score` is --faces.min-score to who types, and FacesConfig.min_score in Python."""
    fields = {name for name in vars(config.Config)["__dataclass_fields__"]} | {"faces"}
    dotted = re.compile(rf"(?<![\w.-])({'|'.join(sorted(fields))})\.[a-z]\w*_\w+")
    assert [(where, text) for where, text in texts() if dotted.search(text)] == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["extract", "x", "--out", "y", "--faces.min-score", "2"], "--faces.min-score must be"),
        (["extract", "x", "--out", "y", "--every=0"], "--every must be"),
        (["convert", "x", "--run=r", "--out=y", "--from=a", "--to=b", "--crf=99"], "--crf of h264"),
        (
            ["train", "--identity=a=x", "--identity=b=y", "--run=r", "--train.keep=0"],
            "--train.keep",
        ),
    ],
)
def test_a_value_that_is_refused_is_named_by_its_option(argv, said):
    with pytest.raises(errors.UsageError, match=said):
        parsing.parse(argv)
