# pyright: strict
"""`jaxswap convert`: footage + run -> swapped video."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import tyro

import jaxswap
from jaxswap import config, spans
from jaxswap.cli import notes, pairs
from jaxswap.cli.command import Command
from jaxswap.cli.options import From, Place, To
from jaxswap.events import Events

if TYPE_CHECKING:
    from jaxswap import ConversionReport

_REMEDIES = {
    "find faces": "; a larger --faces.min-face-px or --faces.detect-every is faster",
    "write": "; a faster --preset makes a larger file",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Convert(Command):
    """Put the faces of identities on people in footage.

    One person: --from and --to. Several: --map for each, and all others stay as they are.
    Size, frame times and sound stay; frames without a face pass through. Images give images.
    Every output is marked as synthetic, and `jaxswap info` reads that back.

    Example: jaxswap convert anna-new.mp4 --run runs/anna-ben --from a --to b --out swapped.mp4
    Example: jaxswap convert both.mp4 --run runs/anna-ben --map a=b --map b=a --out swapped.mp4
    """

    footage: tyro.conf.Positional[Place]
    """Video file, image file or folder of images."""
    run: Place
    """Run folder of the trained model."""
    out: Place
    """Video file (.mp4, .mov, .mkv) or image file, as the footage is; a name without a suffix is a
    folder of images."""
    from_identity: From = None
    """Identity in the footage, whose face is replaced."""
    to_identity: To = None
    """Identity whose face is put on it."""
    people: Annotated[
        tuple[str, ...],
        tyro.conf.UseAppendAction,
        tyro.conf.arg(name="map", metavar="PERSON=IDENTITY", help_behavior_hint=""),
    ] = ()
    """A person in the footage and the identity whose face is put on them. A person is a picture, or
    a number that `jaxswap faces` shows, or an identity of the run."""
    start: Annotated[str, tyro.conf.arg(metavar="TIME")] = "0"
    """Where the part that is converted begins: seconds, MM:SS or HH:MM:SS of the footage."""
    end: Annotated[str | None, tyro.conf.arg(metavar="TIME", help_behavior_hint="")] = None
    """Where it ends."""
    frame_rate: Annotated[str | None, tyro.conf.arg(metavar="NUMBER", help_behavior_hint="")] = None
    """Images a second (25, 30000/1001) of a folder that is a film, whose faces are followed."""
    side_by_side: Annotated[Place | None, tyro.conf.arg(metavar="PATH", help_behavior_hint="")] = (
        None
    )
    """A second video that shows the footage beside the result."""
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = config.ConvertConfig()
    faces: config.FacesConfig = config.FacesConfig()

    def __post_init__(self) -> None:
        named = (self.from_identity is not None, self.to_identity is not None)
        if not self.people and not all(named):
            raise ValueError("Name --from and --to, or --map PERSON=IDENTITY for each person.")
        if self.people and (any(named) or self.options.track != config.ConvertConfig().track):
            raise ValueError("--map names people: leave out --from, --to and --track.")
        pairs.people(self.people)
        spans.between(self.start, self.end)
        if self.frame_rate is not None:
            spans.frame_rate(self.frame_rate)

    def call(self, events: Events) -> "ConversionReport":
        if self.from_identity is not None and self.to_identity is not None:
            swap = (self.from_identity, self.to_identity)
        else:
            swap = pairs.people(self.people)
        return jaxswap.convert(
            self.footage,
            self.out,
            run=self.run,
            swap=swap,
            options=self.options,
            faces=self.faces,
            start=self.start,
            end=self.end,
            frame_rate=self.frame_rate,
            side_by_side=self.side_by_side,
            events=events,
        )

    def show(self, report: "ConversionReport") -> None:
        print(
            f"{self.out}: the face changed in {report.swapped} of {report.frames} frames, "
            f"{report.seconds:.0f} s ({report.frames / report.seconds:.1f}/s)"
        )
        if len(report.swaps) > 1:
            for swap in report.swaps:
                seen = f"in {swap.frames} frames" if swap.frames else "never seen"
                print(f"{swap.person} -> {swap.identity}: {seen}")
        slowest = report.slowest
        print(
            f"Slowest stage: {slowest}, {1000 * report.stage_s[slowest]:.0f} ms a frame"
            f"{_REMEDIES.get(slowest, '')}"
        )
        notes.show(report.notices)
