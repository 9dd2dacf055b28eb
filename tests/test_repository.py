"""What the documents say is so: commands parse, links lead somewhere, counts hold."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from jaxswap import presets
from jaxswap.cli import parsing
from jaxswap.models import autoencoder

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")]
)
names = [str(document.relative_to(ROOT)) for document in DOCUMENTS]


def blocks(text: str) -> str:
    return "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE))


def commands(text: str, program: str) -> list[str]:
    """Lines of the code blocks that call `program`, without what the shell would see in them."""
    joined = blocks(text).replace("\\\n", " ")
    found = re.findall(rf"^(?:\$ )?(?:[A-Z_]+=\S+ )*{program} (.*)$", joined, flags=re.MULTILINE)
    return [re.split(r"\s[#|>&]", line)[0] for line in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_commands_of_the_documents_parse(document):
    for line in commands(document.read_text(encoding="utf-8"), "jaxswap"):
        assert callable(parsing.parse(shlex.split(line)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_make_targets_of_the_documents_exist(document):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in commands(document.read_text(encoding="utf-8"), "make"):
        target = line.split()[0]
        assert re.search(rf"^{re.escape(target)}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links_of_the_documents_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (document.parent / link).exists(), link


def test_the_commands_are_found():
    story = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {shlex.split(line)[0] for line in commands(story, "jaxswap")} >= {
        "extract",
        "train",
        "preview",
        "convert",
        "evaluate",
    }
    assert commands(story, "make") == ["demo", "test"]


def test_the_parameter_counts_of_the_readme_are_those_of_the_presets():
    story = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) px \| ([\d,]+) \|", story, flags=re.MULTILINE)
    assert {name for name, _, _ in rows} == set(presets.PRESETS)
    for name, size, total in rows:
        model = presets.PRESETS[name].model
        counts = autoencoder.count_parameters(model, num_identities=2)
        assert (int(size), int(total.replace(",", ""))) == (model.image_size, counts["total"])


def test_make_test_is_what_continuous_integration_runs():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.rstrip().endswith("make test")
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "run: .ci/run" in workflow


@pytest.mark.parametrize("requirement", ["requirements.txt"])
def test_every_dependency_states_its_reason(requirement):
    lines = (ROOT / requirement).read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or re.search(r"\S+ +# \S+", line), line


def test_what_the_packages_bring_beside_their_code_is_there():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    stated = settings["tool"]["setuptools"]["package-data"]
    for package in ("jaxswap", "pipelines"):
        assert "py.typed" in stated[package], "without it a caller's type checker reads no types"
        for pattern in stated[package]:
            assert list((ROOT / package).glob(pattern)), f"{package}/{pattern}"
