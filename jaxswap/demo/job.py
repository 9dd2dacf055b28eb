"""The main job on the embedded footage, as the commands that a user would type.

The two people are synthetic: rendered for this purpose, CC0, with synthetic voices.
"""

import dataclasses
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from jaxswap import presets

PRESET = "quick"


@dataclasses.dataclass(frozen=True)
class Stage:
    """One command of the demo and what it makes."""

    argv: tuple[str, ...]
    """Arguments of `jaxswap`."""
    makes: Path
    """File or folder that is there only when the stage is complete."""
    follows: bool = True
    """It reads what the stages before it make, so it is made anew after one of them ran."""


def stages(out: Path) -> Sequence[Stage]:
    """The commands in order, writing under `out`."""
    faces_a, faces_b, run = out / "faces" / "a", out / "faces" / "b", out / "run"
    preview, video, report = out / "preview.png", out / "a_as_b.mp4", out / "report"
    who = ("--identity", f"a={faces_a}", "--identity", f"b={faces_b}")
    swap = ("--footage", _clip("a_test"), "--from", "a", "--to", "b")
    last_checkpoint = run / "checkpoints" / str(presets.PRESETS[PRESET].steps)
    return (
        _stage(faces_a, "extract", _clip("a_train"), "--out", faces_a, follows=False),
        _stage(faces_b, "extract", _clip("b_train"), "--out", faces_b, follows=False),
        _stage(last_checkpoint, "train", *who, "--run", run, "--preset", PRESET),
        _stage(preview, "preview", "--run", run, "--out", preview),
        _stage(video, "convert", *swap[1:], "--run", run, "--out", video),
        _stage(report, "evaluate", "--run", run, *swap, "--out", report),
    )


def _clip(name: str) -> Path:
    return Path(str(resources.files("jaxswap.demo") / "assets" / f"{name}.mp4"))


def _stage(makes: Path, *argv: str | Path, follows: bool = True) -> Stage:
    return Stage(argv=tuple(str(argument) for argument in argv), makes=makes, follows=follows)
