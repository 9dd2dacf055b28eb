"""What an output says about itself: that it is synthetic, and what made it.

A video or picture that jaxswap changed carries a `Mark` as XMP, in the place where its format
keeps XMP, and a sentence for people in its comment. There is no switch that leaves it out.
"""

import dataclasses

from jaxswap import version

COMPOSITE_SYNTHETIC = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
"""IPTC's term for media that combine captured with synthetic elements made by a trained model.

Reference: https://cv.iptc.org/newscodes/digitalsourcetype/
"""

MAX_PACKET_BYTES = 1 << 18
"""Largest XMP packet that is looked at; ours has about 2,000 bytes."""

MAX_NAME = 200
"""Longest name in a mark, in characters."""

MAX_SWAPS = 32
"""Most people in a mark."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MarkedSwap:
    """Who got whose face."""

    person: str
    """The person in the footage, as they were named: an identity, a picture's name, a track."""
    identity: str
    """The identity whose face was put on them."""

    def __post_init__(self) -> None:
        _check_words(self, "person", "identity")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mark:
    """What is written into, and read back from, an output."""

    run_fingerprint: str
    """Fingerprint of the run and checkpoint whose parameters made the face."""
    swaps: tuple[MarkedSwap, ...]
    """Who got whose face: everyone who was asked for, seen or not."""
    tool: str = "jaxswap"
    """The program."""
    version: str = version.__version__
    """Its version."""
    digital_source_type: str = COMPOSITE_SYNTHETIC
    """IPTC's term for how the media came to be."""

    def __post_init__(self) -> None:
        _check_words(self, "run_fingerprint", "tool", "version", "digital_source_type")
        if not 1 <= len(self.swaps) <= MAX_SWAPS:
            raise ValueError(f"`swaps` must be 1..{MAX_SWAPS} people, not {len(self.swaps)}.")


def _check_words(owner: MarkedSwap | Mark, *names: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if not value or len(value) > MAX_NAME or not value.isprintable():
            raise ValueError(
                f"`{name}` must be 1..{MAX_NAME} printable characters, not {value!r:.80}."
            )


def fitting(name: str) -> str:
    """A name as a mark can hold it: a file's may be longer, and hold what cannot be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:MAX_NAME]


def comment(mark: Mark, *, kind: str) -> str:
    """The sentence for people.

    Args:
        mark: what the output says about itself.
        kind: what the output is: video or image.
    """
    what = "a face" if len(mark.swaps) == 1 else "faces"
    swaps = ", ".join(f"{swap.person} by {swap.identity}" for swap in mark.swaps)
    return (
        f"Synthetic media: {what} in this {kind} replaced by {mark.tool} {mark.version} "
        f"({swaps}; run {mark.run_fingerprint})."
    )
