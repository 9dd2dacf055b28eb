"""Metrics of a run: a line of JSON for each report, and TensorBoard files, without TensorFlow."""

import json
import math
from pathlib import Path

from jaxswap import files, runs, types


class Writer:
    """Appends to metrics.jsonl and tensorboard/ of a run folder."""

    def __init__(self, run_dir: Path, *, step: int):
        """Go on after `step`: lines of later steps, from a run that was cut off, are dropped."""
        from tensorboardX import SummaryWriter

        self._path = run_dir / "metrics.jsonl"
        _cut(self._path, step)
        self._lines = self._path.open("a", encoding="utf-8")
        # purge_step hides what a stopped run wrote of steps that come again
        self._board = SummaryWriter(str(run_dir / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, values: dict[str, float]) -> None:
        """One report."""
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        self._lines.write(json.dumps({"step": step, **finite}) + "\n")
        self._lines.flush()
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def write_picture(self, step: int, name: str, picture_u8: types.ImageU8) -> None:
        """One picture, for TensorBoard alone."""
        self._board.add_image(name, picture_u8, step, dataformats="HWC")

    def close(self) -> None:
        """Flush and close both."""
        self._lines.close()
        self._board.close()


def _cut(path: Path, step: int) -> None:
    kept = [report for report in runs.read_metrics(path.parent) if report["step"] <= step]
    with files.replacing(path) as partial:
        partial.write_text("".join(json.dumps(report) + "\n" for report in kept), encoding="utf-8")
