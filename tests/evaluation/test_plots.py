"""Plots over time."""

import io

import numpy as np
from numpy.testing import assert_allclose
from PIL import Image

from jaxswap.evaluation import plots

DRAWN = plots.COURSES[0]
LIGHT = plots.THEMES["light"]


def colors_of(png: bytes) -> np.ndarray:
    return np.unique(np.array(Image.open(io.BytesIO(png)).convert("RGBA")).reshape(-1, 4), axis=0)


def holds(png: bytes, color: str) -> bool:
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    found = colors_of(png)
    return bool(((found[:, :3] == wanted).all(axis=1) & (found[:, 3] == 255)).any())


def test_each_candidate_has_its_colour_whatever_the_others_lack():
    times = np.arange(20) / 25
    lines = {"a": np.full(20, np.nan), "b": np.linspace(0.01, 0.02, 20)}
    drawn = plots.course(times, lines, DRAWN, LIGHT)
    assert holds(drawn, LIGHT.series[1])
    assert not holds(drawn, LIGHT.series[0])


def test_nothing_to_draw():
    assert plots.course(np.arange(3.0), {"a": np.full(3, np.nan)}, DRAWN, LIGHT) is None
    assert plots.course(np.zeros(1), {"a": np.ones(1)}, DRAWN, LIGHT) is None


def test_long_clips_are_thinned_by_means():
    times = np.arange(4 * plots.MAX_POINTS) / 25
    values = np.tile([1.0, 2.0, 3.0, np.nan], plots.MAX_POINTS)
    values[4:8] = np.nan
    thinned_times, thinned = plots._thinned(times, values)
    assert len(thinned) == plots.MAX_POINTS
    assert_allclose(thinned_times[:2], times[[0, 4]])
    assert thinned[0] == thinned[2] == 2.0
    assert np.isnan(thinned[1])
