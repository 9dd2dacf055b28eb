"""Encoders: what each can hold, and its options.

The number of threads is fixed: x264's output depends on it, so it must not be the machine's cores.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import Literal

import av

from jaxswap import config, errors
from jaxswap.conversion import hdr
from jaxswap.video import colorimetry, planes

THREADS = 4
"""Threads of an encoder."""

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "h264": (".mp4", ".m4v", ".mov", ".mkv"),
    "h265": (".mp4", ".m4v", ".mov", ".mkv"),
    "av1": (".mp4", ".mkv"),
    "ffv1": (".mkv",),
}
"""Files that players expect each codec in."""

Name = Literal["libx264", "libx265", "libsvtav1", "ffv1"]
"""FFmpeg's names of the encoders."""

_NAMES: Mapping[config.Codec, Name] = {
    "h264": "libx264",
    "h265": "libx265",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
}
_LEAST_SIDE = {"h265": 64}  # x265 writes beyond its memory where a side has 48 pixels or less
_DEFAULT_CRF = {"h264": 16, "h265": 17, "av1": 17}  # of about equal error, at veryfast

# SVT-AV1's presets are numbers; from 10 on they are for tests, with faults that can be seen.
_AV1_PRESETS = {
    "ultrafast": 9,
    "superfast": 9,
    "veryfast": 8,
    "faster": 7,
    "fast": 6,
    "medium": 5,
    "slow": 4,
}

_AV1_SITES = {0: "vertical", 2: "colocated"}  # where chroma lies, by its number in H.273

_Write = Callable[[float, int], str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Encoder:
    """How a video is encoded."""

    codec: config.Codec
    crf: int | None
    """Constant rate factor; None is the codec's default."""
    preset: config.Preset

    @property
    def name(self) -> Name:
        """FFmpeg's name of it."""
        return _NAMES[self.codec]

    @property
    def codec_tag(self) -> str | None:
        """The tag in MP4 and MOV, where players want another than FFmpeg's default."""
        return "hvc1" if self.codec == "h265" else None  # QuickTime plays no hev1

    def pixel_format(self, source: str | None, *, width: int, height: int) -> str:
        """The format that keeps the input's bits and sharing of chroma, or comes nearest.

        4:2:0 and 4:2:2 need even sides. A frame with an odd side is encoded as 4:4:4, since padding
        would change its size.

        Args:
            source: name of the input's pixel format.
            width: of the frame in pixels.
            height: of the frame in pixels.

        Raises:
            OutputError: if the codec holds no frames of this size.
        """
        least = _LEAST_SIDE.get(self.codec, 2)
        if min(width, height) < least:
            raise errors.OutputError(
                f"{self.codec} holds no frames of {width}x{height} pixels: its least side is "
                f"{least}. Choose --codec h264."
            )
        bits, sharing = _layout(source, width=width, height=height)
        held = {
            (one.components[0].bits, planes.steps(one.name)): one.name
            for one in av.Codec(self.name, "w").video_formats or ()
            if planes.are_yuv(one) and not one.name.startswith("yuvj")
        }
        coarser = {(1, 1): [(1, 1), (2, 1), (2, 2)], (2, 1): [(2, 1), (2, 2)], (2, 2): [(2, 2)]}
        for step in coarser[sharing]:
            depths = sorted(depth for depth, one in held if one == step)
            if depths and width % step[0] == 0 and height % step[1] == 0:
                depth = next((one for one in depths if one >= bits), depths[-1])
                return held[depth, step]
        raise errors.OutputError(
            f"{self.codec} holds no frames of {width}x{height} pixels: it needs even sides. "
            "Choose --codec h264."
        )

    def lost(self, source: str | None, *, pix_fmt: str) -> list[str]:
        """What of the input's pixels the chosen format cannot hold, in words."""
        layout = av.VideoFormat(source or "yuv420p")
        bits, sharing = _layout(source, width=2, height=2)
        kept = av.VideoFormat(pix_fmt).components[0].bits
        found = []
        if kept < bits:
            found.append(f"{bits - kept} of {bits} bits of colour, which {self.codec} cannot hold")
        if planes.steps(pix_fmt) > sharing:
            found.append(f"colour at full resolution, which {self.codec} cannot hold")
        if len(layout.components) in (2, 4):
            found.append("transparency, which the output has not")
        return found

    def options(self, coding: colorimetry.Coding, *, light: hdr.Hdr) -> dict[str, str]:
        """The encoder's options.

        Args:
            coding: of the frames.
            light: what the input says about its dynamic range.
        """
        crf = self.crf if self.crf is not None else _DEFAULT_CRF.get(self.codec)
        make = {"h264": _x264, "h265": _x265, "av1": _svt, "ffv1": _ffv1}[self.codec]
        return make(crf, self.preset, coding, light)


def of(options: config.ConvertConfig) -> Encoder:
    """The encoder that the options name."""
    return Encoder(
        codec=options.codec,
        crf=None if options.crf == "auto" else options.crf,
        preset=options.preset,
    )


def _layout(source: str | None, *, width: int, height: int) -> tuple[int, tuple[int, int]]:
    """Bits, and how many pixels share a sample of chroma: of grey as 4:2:0, of a palette one."""
    layout = av.VideoFormat(source or "yuv420p", 16, 16)
    bits = max(8, *(component.bits for component in layout.components))
    if width % 2 or height % 2 or layout.has_palette:
        return bits, (1, 1)
    if len(layout.components) < 3:
        return bits, (2, 2)
    chroma = layout.components[1]
    return bits, {(16, 16): (1, 1), (16, 8): (1, 1), (8, 16): (2, 1), (4, 16): (2, 1)}.get(
        (chroma.width, chroma.height), (2, 2)
    )


def _x264(crf: int, preset: str, coding: colorimetry.Coding, light: hdr.Hdr) -> dict[str, str]:
    more = _light(light, display="mastering-display", levels="cll", write=_whole)
    return {
        "crf": str(crf),
        "preset": preset,
        "threads": str(THREADS),
        "x264-params": _joined({**_site(coding), **more}),
    }


def _x265(crf: int, preset: str, coding: colorimetry.Coding, light: hdr.Hdr) -> dict[str, str]:
    more = _light(light, display="master-display", levels="max-cll", write=_whole)
    fixed = {"pools": str(THREADS), "frame-threads": "2", "lookahead-slices": "0"}
    return {
        "crf": str(crf),
        "preset": preset,
        "x265-params": _joined({**fixed, "log-level": "error", **_site(coding), **more}),
    }


def _svt(crf: int, preset: str, coding: colorimetry.Coding, light: hdr.Hdr) -> dict[str, str]:
    os.environ.setdefault("SVT_LOG", "1")  # its only switch for what it prints: errors alone
    more = _light(light, display="mastering-display", levels="content-light", write=_decimal)
    site = {}
    if coding.step == (2, 2) and coding.site.h273 in _AV1_SITES:
        site = {"chroma-sample-position": _AV1_SITES[coding.site.h273]}
    return {
        "crf": str(crf),
        "preset": str(_AV1_PRESETS[preset]),
        "svtav1-params": _joined({"lp": str(THREADS), **site, **more}),
    }


def _ffv1(
    crf: int | None, preset: str, coding: colorimetry.Coding, light: hdr.Hdr
) -> dict[str, str]:
    return {"level": "3", "slicecrc": "1", "slices": str(THREADS), "threads": str(THREADS)}


def _site(coding: colorimetry.Coding) -> dict[str, str]:
    """Where chroma lies, said where it is not where decoders take it to be."""
    if coding.step != (2, 2) or coding.site.h273 in (None, 0):
        return {}
    return {"chromaloc": str(coding.site.h273)}


def _light(light: hdr.Hdr, *, display: str, levels: str, write: _Write) -> dict[str, str]:
    found = {}
    mastering = light.display(write)
    if mastering:
        found[display] = mastering
    if light.light_levels:
        found[levels] = "{},{}".format(*light.light_levels)
    return found


def _whole(value: float, units: int) -> str:
    return str(round(value * units))


def _decimal(value: float, units: int) -> str:
    return f"{round(value * units) / units:.6f}"


def _joined(params: Mapping[str, str]) -> str:
    return ":".join(f"{key}={value}" for key, value in params.items())
