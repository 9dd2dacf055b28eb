"""`jaxswap demo`: the main job on the embedded footage."""

import dataclasses
import shlex
import sys
from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demo:
    """Extract, train, convert and evaluate on embedded footage of two synthetic people.

    Each command is shown before it runs. A demo that was stopped goes on where it was.

    Example: jaxswap demo --out demo-output
    """

    out: Path = Path("demo-output")
    """Folder for everything that the demo makes."""

    def __call__(self) -> int:
        """Run what is not yet done, then say where the results are."""
        from jaxswap.cli import main
        from jaxswap.demo import job

        stages = job.stages(self.out)
        ran = False
        for stage in stages:
            command = f"$ jaxswap {shlex.join(stage.argv)}"
            if stage.makes.exists() and not (ran and stage.follows):
                print(f"{command}\n  is done already: {stage.makes}", flush=True)
                continue
            print(command, flush=True)
            ran = True
            code = main.run(stage.argv)
            if code or not stage.makes.exists():
                again = shlex.join(["jaxswap", "demo", "--out", str(self.out)])
                print(f"The demo stopped here. To go on: {again}", file=sys.stderr)
                return code or 1
        preview, video, report = (stage.makes for stage in stages[-3:])
        print(f"\nThe video:   {video}")
        print(f"The preview: {preview}")
        print(f"The report:  {report / 'report.html'}")
        return 0
