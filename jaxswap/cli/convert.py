"""`jaxswap convert`: footage + run -> swapped video."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from jaxswap import config

_REMEDIES = {
    "find faces": "; a larger --faces.min-face-px or --faces.detect-every is faster",
    "write": "; a faster --preset makes a larger file",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Convert:
    """Put the face of one identity on another in footage.

    Size, frame times and sound stay; frames without a face pass through. Images give images.
    Every output is marked as synthetic, and `jaxswap info` reads that back.

    Example: jaxswap convert anna-new.mp4 --run runs/anna-ben --from a --to b --out swapped.mp4
    """

    footage: tyro.conf.Positional[Path]
    """Video file, image file or folder of images."""
    run: Path
    """Run folder of the trained model."""
    from_identity: Annotated[str, tyro.conf.arg(name="from", metavar="NAME")]
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[str, tyro.conf.arg(name="to", metavar="NAME")]
    """Identity whose face is put on it."""
    out: Path
    """Video file (.mp4, .mov, .mkv), image file or folder of images, as the footage is."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ConvertConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __call__(self) -> int:
        """Convert, and say how many frames changed and what was lost."""
        from jaxswap import runs
        from jaxswap.conversion import pipeline

        report = pipeline.convert(
            self.footage,
            run=runs.Run.open(self.run),
            from_identity=self.from_identity,
            to_identity=self.to_identity,
            out=self.out,
            options=self.options,
            faces=self.faces,
        )
        print(
            f"{self.out}: the face changed in {report.swapped} of {report.frames} frames, "
            f"{report.seconds:.0f} s ({report.frames / report.seconds:.1f}/s)"
        )
        slowest = report.slowest
        print(
            f"Slowest stage: {slowest}, {1000 * report.stage_s[slowest]:.0f} ms a frame"
            f"{_REMEDIES.get(slowest, '')}"
        )
        if report.lost:
            print(f"Lost: {report.lost}")
        return 0
