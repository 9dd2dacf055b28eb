"""What a screen must know to show high dynamic range: the mastering display and light levels."""

import dataclasses
import struct
from collections.abc import Callable

import av

from jaxswap.video import side_data

_RATIONALS = "20i"  # five points and two luminances, each a numerator and a denominator


@dataclasses.dataclass(frozen=True)
class Hdr:
    """SMPTE ST 2086 and CTA-861.3, as frames carry them."""

    chromaticities: tuple[float, ...] | None
    """x and y of red, green, blue and white, CIE 1931; None where the footage has none."""
    luminances: tuple[float, float] | None
    """Brightest and darkest of the mastering display, in cd/m2."""
    light_levels: tuple[int, int] | None
    """Brightest pixel and brightest mean of a frame, in cd/m2."""

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Hdr":
        """What a decoded frame carries; what makes no sense is left out."""
        found = side_data.of(frame)
        display = _display(found.get("MASTERING_DISPLAY_METADATA", b""))
        levels = found.get("CONTENT_LIGHT_LEVEL", b"")[:8]
        light_levels = struct.unpack("=2I", levels) if len(levels) == 8 else None
        if light_levels and max(light_levels) > 65535:
            light_levels = None
        return cls(
            chromaticities=display[:8] if display else None,
            luminances=(display[9], display[8]) if display else None,
            light_levels=light_levels,
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return self.chromaticities is None and self.light_levels is None

    def display(self, write: Callable[[float, int], str]) -> str | None:
        """The mastering display as encoders want it: G(x,y)B(x,y)R(x,y)WP(x,y)L(most,least).

        Args:
            write: a number as the encoder counts it, of a value and how many of its units make 1.
        """
        if self.chromaticities is None or self.luminances is None:
            return None
        pairs = zip(self.chromaticities[::2], self.chromaticities[1::2], strict=True)
        red, green, blue, white = (f"({write(x, 50_000)},{write(y, 50_000)})" for x, y in pairs)
        most, least = (write(value, 10_000) for value in self.luminances)
        return f"G{green}B{blue}R{red}WP{white}L({most},{least})"


NONE = Hdr(chromaticities=None, luminances=None, light_levels=None)
"""Of footage that says nothing."""


def _display(data: bytes) -> tuple[float, ...] | None:
    """FFmpeg's AVMasteringDisplayMetadata: 10 rationals, and whether points and luminances hold."""
    size = struct.calcsize(f"={_RATIONALS}2i")
    if len(data) < size:
        return None
    *numbers, has_points, has_luminances = struct.unpack(f"={_RATIONALS}2i", data[:size])
    if not (has_points and has_luminances) or any(below <= 0 for below in numbers[1::2]):
        return None
    values = [above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True)]
    if not all(0 <= value <= 1 for value in values[:8]):
        return None
    return tuple(values) if all(0 <= value <= 100_000 for value in values[8:]) else None
