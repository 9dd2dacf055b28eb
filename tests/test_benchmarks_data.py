"""The benchmarks of augmentation and input compare like with like."""

import numpy as np
import pytest

from benchmarks import augment
from benchmarks import input as host_input
from jaxswap import config
from jaxswap.vision import faceset
from pipelines import dataset


@pytest.mark.parametrize(("side", "most"), [(64, 2.5), (24, 0.5)])
def test_opencv_shows_what_our_augmentation_shows(side, most):
    assert augment.apart({"faceset": None, "size": 16, "side": side, "batch_size": 2}) < most


def test_both_make_the_same_kind_of_pictures():
    settings = {"faceset": None, "size": 16, "side": 24, "batch_size": 3}
    ours = augment.jaxswap_work(**settings)()
    theirs = augment.opencv_work(**settings, threads=1)()
    assert len(theirs) == 4
    for one, other in zip(ours[:4], theirs, strict=True):  # the fifth is a part of the second
        assert np.asarray(one).reshape(other.shape).dtype == other.dtype == np.float32
        np.testing.assert_allclose(np.mean(one), np.mean(other), atol=0.02)


def test_the_ways_to_store_a_chip(one_faceset):
    faces = faceset.Faceset.open(one_faceset)
    rows = {row["format"]: row for row in host_input.formats(faces, size=32, rounds=1)}
    assert rows["raw"]["bytes"] == 32 * 32 * 3
    lossless = [name for name, row in rows.items() if row["PSNR dB"] == "lossless"]
    assert lossless == ["raw", "PNG", "regions, PNG"]
    assert rows["JPEG 90"]["PSNR dB"] < rows["JPEG 95"]["PSNR dB"] < 60


def test_every_pace_is_measured(one_faceset, tmp_path):
    built = dataset.build(
        {"a": one_faceset, "b": one_faceset}, tmp_path, data=config.DataConfig(chip_size=32)
    )
    rows, samples = host_input.batches(built, batch_size=4, rounds=1)
    assert [row["pace"] for row in rows] == list(host_input.PACES) == list(samples)
    chips = host_input.BATCHES * 4 * 2
    assert rows[0]["chips/s"].median == chips / samples["once, 1 thread"][0].wall_s


@pytest.fixture(scope="module")
def one_faceset(tmp_path_factory, demo_clips):
    """Faces of an embedded clip, extracted."""
    from jaxswap.cli import main

    out = tmp_path_factory.mktemp("faces") / "a"
    clip = str(demo_clips["a_test"])
    options = ("--every", "2", "--chip-size", "64")
    assert main.run(["extract", clip, "--out", str(out), *options]) == 0
    return out
