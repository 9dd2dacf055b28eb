"""`jaxswap convert`: footage + run -> swapped video."""

import contextlib
import dataclasses
from fractions import Fraction
from typing import Annotated

import tyro

from jaxswap import config, spans
from jaxswap.cli import mapping
from jaxswap.cli.place_options import Place
from jaxswap.places import local_copies

_REMEDIES = {
    "find faces": "; a larger --faces.min-face-px or --faces.detect-every is faster",
    "write": "; a faster --preset makes a larger file",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Convert:
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
    from_identity: Annotated[
        str | None, tyro.conf.arg(name="from", metavar="NAME", help_behavior_hint="")
    ] = None
    """Identity in the footage, whose face is replaced."""
    to_identity: Annotated[
        str | None, tyro.conf.arg(name="to", metavar="NAME", help_behavior_hint="")
    ] = None
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
    options: Annotated[config.ConvertConfig, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=config.ConvertConfig
    )
    faces: config.FacesConfig = dataclasses.field(default_factory=config.FacesConfig)

    def __post_init__(self) -> None:
        named = (self.from_identity is not None, self.to_identity is not None)
        if not self.people and not all(named):
            raise ValueError("Name --from and --to, or --map PERSON=IDENTITY for each person.")
        if self.people and (any(named) or self.options.track != config.ConvertConfig().track):
            raise ValueError("--map names people: leave out --from, --to and --track.")
        mapping.parse(self.people)
        self.span()
        self.rate()

    def span(self) -> spans.Span:
        """The part of the footage that is converted.

        Raises:
            ValueError: if `start` or `end` is no time, or they are in the wrong order.
        """
        end_s = None if self.end is None else spans.seconds(self.end)
        return spans.Span(spans.seconds(self.start), end_s)

    def rate(self) -> Fraction | None:
        """Images a second.

        Raises:
            ValueError: if `frame_rate` is no positive number.
        """
        if self.frame_rate is None:
            return None
        try:
            rate = Fraction(self.frame_rate)
        except (ValueError, ZeroDivisionError):
            rate = Fraction(0)
        if not 0 < rate <= 1000:
            raise ValueError(
                f"`frame_rate` must be in (0, 1000], like 25 or 30000/1001, not {self.frame_rate}."
            )
        return rate

    def __call__(self) -> int:
        """Convert, and say how many frames changed and what was lost."""
        from jaxswap import runs
        from jaxswap.conversion import assignment, pipeline

        with contextlib.ExitStack() as stack:
            copies = stack.enter_context(local_copies.LocalCopies())
            footage = copies.fetch(self.footage)
            place = copies.new if footage.is_dir() or not self.out.suffix else copies.output
            out = stack.enter_context(place(self.out))
            beside = None
            if self.side_by_side is not None:
                beside = stack.enter_context(copies.output(self.side_by_side))
            run = runs.Run.open(copies.fetch(self.run))
            if self.people:
                people = mapping.parse(self.people)
                swaps = mapping.swaps(people, run=run, faces=self.faces, copies=copies)
            else:
                swaps = [assignment.of_one(run, self.from_identity, self.to_identity)]
            report = pipeline.convert(
                footage,
                run=run,
                swaps=swaps,
                out=out,
                options=self.options,
                faces=self.faces,
                span=self.span(),
                frame_rate=self.rate(),
                beside=beside,
            )
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
        if report.lost:
            print(f"Lost: {report.lost}")
        return 0
