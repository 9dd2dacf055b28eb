"""What each way to convert does to the figures of the report: swaps of one clip, side by side.

    python -m benchmarks quality --run RUN --footage CLIP --from a --to b [--ways color blend]
        [--before NAME=VIDEO ...] [--work FOLDER]

Each way is the default with the named options changed. The videos and the report with its pictures
stay in the work folder. Use footage that the run was not trained on.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measuring
from jaxswap.cli import main as command

WAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "color": {
        **{name: ("--color", name) for name in ("none", "mean_std", "reinhard", "linear")},
        **{name: ("--color", name) for name in ("histogram", "idt", "sliced")},
        "each frame": ("--color-smoothing-s", "0"),
    },
    "mask": {
        name: ("--mask", name) for name in ("oval", "forehead", "learned", "product", "union")
    },
    "sharpen": {name: ("--sharpen", name) for name in ("auto", "none")},
    "blend": {
        name: ("--blend", name) for name in ("feather", "paste", "poisson", "mixed", "multiband")
    },
}


def convert(options: argparse.Namespace, work: Path, ways: Sequence[str]) -> list[str]:
    """A video of each way, as NAME=VIDEO."""
    made = []
    for group in ways:
        for name, changed in WAYS[group].items():
            video = work / f"{group}-{name.replace(' ', '-')}.mp4"
            arguments = ["convert", str(options.footage), "--run", str(options.run)]
            arguments += ["--from", options.replaced, "--to", options.put_on, "--out", str(video)]
            if command.run([*arguments, *changed]):
                raise SystemExit(f"{name} could not be converted.")
            made.append(f"{group}-{name.replace(' ', '-')}={video}")
    return made


def main(argv: Sequence[str]) -> None:
    """Convert in each way, compare all, write JSON."""
    parser = measuring.parser(__doc__, "quality", sampled=False)
    parser.add_argument("--run", type=Path, required=True, help="a trained run")
    parser.add_argument("--footage", type=Path, required=True, help="a clip it has not seen")
    parser.add_argument("--from", dest="replaced", required=True, help="who is in the clip")
    parser.add_argument("--to", dest="put_on", required=True, help="whose face is put on")
    parser.add_argument("--identity", nargs=2, required=True, help="NAME=FACESET of both")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--before", nargs="*", default=[], help="NAME=VIDEO made before")
    parser.add_argument("--work", type=Path, help="folder of the videos and the report")
    options = parser.parse_args(argv)
    work = options.work or Path(tempfile.mkdtemp(prefix="jaxswap-quality-"))
    candidates = [*options.before, *convert(options, work, options.ways)]
    arguments = ["evaluate", "--reference", str(options.footage), "--out", str(work / "report")]
    arguments += ["--from", options.replaced, "--to", options.put_on]
    arguments += ["--identity", *options.identity, "--compare", *candidates]
    if command.run(arguments):
        raise SystemExit("The videos could not be compared.")
    report = json.loads((work / "report" / "report.json").read_text(encoding="utf-8"))
    options.identity = [one.split("=")[0] for one in options.identity]
    options.before = [one.split("=")[0] for one in options.before]
    measuring.write(options.out, options=options, figures=report["figures"])
