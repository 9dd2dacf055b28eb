# pyright: strict
"""The commands: what each is called, the class behind it, and what it does in one line.

The lines are the first of the classes' docstrings. They stand here too, so that `jaxswap --help`
loads no command.
"""

import shutil
import textwrap
from typing import NamedTuple

DESCRIPTION = """Video face swapping, reproducible from a seed: footage of two or more people in, a
finished swapped video out. Use it with the consent of everyone who appears; every output is marked
as synthetic."""

FIRST_STEPS = """In order: extract, train, convert. `jaxswap COMMAND --help` explains one and gives
an example. `jaxswap demo` does it all on embedded footage."""

_MOST_COLUMNS = 100


class Named(NamedTuple):
    """A command by its name."""

    class_name: str
    """Of the class in the module `jaxswap.cli.<command>`, "-" as "_"."""
    summary: str


COMMANDS = {
    "extract": Named("Extract", "Find one person's face in footage and write it as a faceset."),
    "build": Named(
        "Build",
        "Write facesets as one TFDS dataset of ArrayRecord shards. `train` does this by itself.",
    ),
    "train": Named(
        "Train",
        "Train one model for two or more identities, or go on with a run that was stopped.",
    ),
    "preview": Named(
        "Preview", "Draw validation chips beside what the model makes of them, by every decoder."
    ),
    "faces": Named(
        "Faces",
        "Show who is in footage: a number and a picture of each, to name them with convert --map.",
    ),
    "convert": Named("Convert", "Put the faces of identities on people in footage."),
    "convert-many": Named(
        "ConvertMany",
        "Convert much or long footage in segments on Apache Beam, and join them to videos.",
    ),
    "evaluate": Named(
        "Evaluate",
        "Measure a run, or finished videos of any tool beside the footage that they were made of.",
    ),
    "info": Named("Info", "Say what a faceset, dataset, run, preset, video or image is."),
    "plan": Named(
        "Plan",
        "Say what the training step needs on a TPU slice or on virtual CPUs, none of which is "
        "needed.",
    ),
    "demo": Named(
        "Demo", "Extract, train, convert and evaluate on embedded footage of two synthetic people."
    ),
    "extract-many": Named(
        "ExtractMany", "Find faces in much footage on Apache Beam and write them as one dataset."
    ),
}


def overview() -> str:
    """What `jaxswap --help` prints: every command in a line, as wide as the terminal."""
    width = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    column = max(map(len, COMMANDS)) + 4

    def filled(text: str) -> str:
        return textwrap.fill(" ".join(text.split()), max(width, 2 * column))

    rows = [
        textwrap.fill(
            named.summary,
            max(width, 2 * column),
            initial_indent=f"  {name}".ljust(column),
            subsequent_indent=" " * column,
        )
        for name, named in COMMANDS.items()
    ]
    paragraphs = [
        "usage: jaxswap COMMAND [OPTIONS]",
        filled(DESCRIPTION),
        "\n".join(["commands:", *rows]),
        filled(FIRST_STEPS),
    ]
    return "\n\n".join(paragraphs)
