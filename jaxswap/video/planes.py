"""The planes of a YUV frame as arrays, and where their chroma samples lie."""

import dataclasses

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from jaxtyping import Float, Shaped

_PROBE = 32  # side of the picture in which one sample of chroma is looked for


@dataclasses.dataclass(frozen=True)
class ChromaSite:
    """Where the first chroma sample lies from the first luma sample, in luma pixels.

    Along an axis whose chroma is not subsampled it is 0.
    """

    x: float
    y: float

    @property
    def h273(self) -> int | None:
        """The number of the place in H.273 (figure 1), as encoders want it; None if it has none."""
        return _SITES.get((self.x, self.y))


DEFAULT_SITE = ChromaSite(0.0, 0.5)
"""Where chroma lies in a video that says nothing."""

_SITES = {(0.0, 0.5): 0, (0.5, 0.5): 1, (0.0, 0.0): 2, (0.5, 0.0): 3, (0.0, 1.0): 4, (0.5, 1.0): 5}


# Weights of the pixels about the first of two that share a sample, by where the sample lies.
_KERNELS = {
    0.0: np.array([0.25, 0.5, 0.25]),
    0.5: np.array([0.0, 0.5, 0.5]),
    1.0: np.array([0.0, 0.0, 0.25, 0.5, 0.25]),
}


def views(frame: av.VideoFrame) -> list[Shaped[np.ndarray, "_ _"]]:
    """Views of a frame's planes without the padding of their lines: uint8, beyond 8 bits uint16."""
    deep = frame.format.components[0].bits > 8
    found = []
    for plane in frame.planes:
        lines = np.frombuffer(memoryview(plane), "<u2" if deep else np.uint8)
        lines = lines.reshape(-1, plane.line_size // lines.itemsize)
        found.append(lines[: plane.height, : plane.width])
    return found


def chroma_site(frame: av.VideoFrame) -> ChromaSite:
    """Where the chroma samples of a frame lie, as its headers say.

    PyAV has no name for it but swscale knows: one bright sample of chroma is drawn, and its centre
    is looked for in the picture. Half a pixel off shows as a tint on every edge.
    """
    probe = frame.reformat(
        width=_PROBE,
        height=_PROBE,
        format="yuv420p",
        interpolation=Interpolation.POINT,
        threads=1,
    )
    drawn = views(probe)
    for plane in drawn:
        plane[...] = 128
    drawn[2][_PROBE // 4, _PROBE // 4] = 255
    exact = (
        Interpolation.BILINEAR
        | Interpolation.ACCURATE_RND
        | Interpolation.FULL_CHR_H_INP
        | Interpolation.FULL_CHR_H_INT
    )
    red = probe.to_ndarray(format="rgb24", interpolation=exact, threads=1)[..., 0].astype(float)
    bump = red - red[0, 0]
    y, x = np.mgrid[:_PROBE, :_PROBE] - _PROBE / 2
    centre_x, centre_y = ((bump * axis).sum() / bump.sum() for axis in (x, y))
    return ChromaSite(round(2 * centre_x) / 2, round(2 * centre_y) / 2)


def are_yuv(layout: av.VideoFormat) -> bool:
    """Whether frames of a format are three planes of YUV that this module can hold."""
    if layout.is_rgb or layout.is_big_endian:
        return False
    separate = [component.plane for component in layout.components] == [0, 1, 2]
    return separate and max(_steps(layout)) <= 2


def steps(pix_fmt: str) -> tuple[int, int]:
    """How many luma pixels of a YUV format share a sample of chroma across and down, each 1 or 2.

    Raises:
        ValueError: if the format is another.
    """
    layout = av.VideoFormat(pix_fmt)
    if not are_yuv(layout):
        raise ValueError(f"`pix_fmt` must be a planar YUV format, not {pix_fmt}.")
    return _steps(layout)


def _steps(layout: av.VideoFormat) -> tuple[int, int]:
    chroma = av.VideoFormat(layout.name, 16, 16).components[1]
    return 16 // chroma.width, 16 // chroma.height


def subsampled(
    chroma: Float[np.ndarray, "h w"], *, step: tuple[int, int], site: ChromaSite
) -> Float[np.ndarray, "small_h small_w"]:
    """A plane of chroma at every pixel, averaged about the places of the samples.

    Args:
        chroma: with even sides where it shrinks.
        step: see `steps`.
        site: of the result.
    """
    if step == (1, 1):
        return chroma
    across, down = (
        np.ones(1) if one == 1 else _KERNELS[place]
        for one, place in zip(step, (site.x, site.y), strict=True)
    )
    smooth = cv2.sepFilter2D(chroma, cv2.CV_32F, across, down, borderType=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(smooth[:: step[1], :: step[0]])


def upsampled(
    chroma: Shaped[np.ndarray, "small_h small_w"],
    *,
    step: tuple[int, int],
    site: ChromaSite,
    extent: tuple[int, int],
) -> Shaped[np.ndarray, "h w"]:
    """A plane of chroma at every pixel, linear between the samples.

    Args:
        chroma: the samples; the result is of the same type.
        step: see `steps`.
        site: of the samples.
        extent: width and height of the result.
    """
    if step == (1, 1):
        return chroma
    from_pixels = np.array(
        [
            [1 / step[0], 0, -site.x / 2 if step[0] == 2 else 0],
            [0, 1 / step[1], -site.y / 2 if step[1] == 2 else 0],
        ]
    )
    return cv2.warpAffine(
        chroma,
        from_pixels,
        extent,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
