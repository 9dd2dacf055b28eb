"""The example of the README is run, line by line as it stands there."""

import dataclasses
import re
from pathlib import Path

import jax

import jaxswap
from jaxswap import footage, presets
from jaxswap.provenance import marks, reading

ROOT = Path(__file__).parent.parent
SLOW_COMPILE = re.compile(r"^E\d{4}.*slow_operation_alarm.*\n+\*+\n(.*\n)*?\*+\n", re.MULTILINE)
"""XLA's own word on a machine that is too busy to compile in two minutes."""


def example(document: str) -> str:
    """The first block of Python."""
    (block, *_) = re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text(), re.S | re.M)
    return block


def test_the_example_goes_from_two_clips_to_a_converted_one_and_prints_nothing(
    tiny_config, demo_clips, read_frames, write_video, monkeypatch, tmp_path, capfd
):
    code = example("README.md")
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    for name, clip in (("anna", "a_test"), ("ben", "b_test")):
        write_video(tmp_path / f"{name}.mp4", read_frames(demo_clips[clip], count=24))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(presets.PRESETS, "quick", dataclasses.replace(tiny_config, steps=2))
    jax.devices()  # libtpu, which only the tests install, speaks when JAX starts
    capfd.readouterr()
    scope = {}
    exec(code, scope)
    said = capfd.readouterr()
    assert (said.out, SLOW_COMPILE.sub("", said.err)) == ("", "")
    assert scope["report"].frames == 24
    assert footage.probe(Path("anna-as-ben.mp4")).kind == "video"
    mark = reading.read(Path("anna-as-ben.mp4"))
    assert mark.swaps == (marks.MarkedSwap(person="a", identity="b"),)
    assert mark.run_fingerprint == jaxswap.open_run("runs/anna-ben").digest


def test_the_examples_of_the_documents_name_what_there_is():
    for document in ("README.md", "docs/python.md"):
        text = (ROOT / document).read_text()
        for block in re.findall(r"^```python\n(.*?)^```", text, re.S | re.M):
            compile(block, document, "exec")
            for name in re.findall(r"jaxswap\.(\w+)", block):
                assert name in jaxswap.__all__, name
