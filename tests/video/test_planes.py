from pathlib import Path

import av
import numpy as np
import pytest

from jaxswap.video import planes


def first_frame(path: Path, *, place: int | None) -> av.VideoFrame:
    params = "" if place is None else f"chromaloc={place}"
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"x264-params": params})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        output.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        output.mux(video.encode(None))
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize("place", [None, 0, 1, 2, 3, 4, 5])
def test_the_place_of_chroma_is_found(tmp_path, place):
    site = planes.chroma_site(first_frame(tmp_path / "clip.mkv", place=place))
    assert site.h273 == (place or 0)


@pytest.mark.parametrize("step", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("x", [0.0, 0.5])
@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_a_slope_of_chroma_comes_back(step, x, y):
    """Samples lie where they are said to lie: a slope is the same after both ways."""
    site = planes.ChromaSite(x, y)
    rows, columns = np.mgrid[:48, :64].astype(np.float32)
    slope = 3 * columns + 5 * rows
    small = planes.subsampled(slope, step=step, site=site)
    assert small.shape == (48 // step[1], 64 // step[0])
    wide = planes.upsampled(small, step=step, site=site, extent=(64, 48))
    np.testing.assert_allclose(wide[3:-3, 3:-3], slope[3:-3, 3:-3], atol=0.01)


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("yuv420p", True),
        ("yuvj422p", True),
        ("yuv444p12le", True),
        ("nv12", False),
        ("p010le", False),
        ("yuv420p10be", False),
        ("yuv411p", False),
        ("yuva420p", False),
        ("gbrp", False),
        ("gray", False),
        ("rgb24", False),
    ],
)
def test_which_formats_are_planes(name, holds):
    assert planes.are_yuv(av.VideoFormat(name)) == holds
    if not holds:
        with pytest.raises(ValueError, match=name):
            planes.steps(name)
