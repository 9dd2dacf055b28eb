"""The TFDS builder: no TensorFlow, no network, sensible shards, plain for others to read."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from pipelines import dataset, face_chips

PROGRAM = """
import socket, sys
from pathlib import Path

def refuse(*args, **kwargs):
    raise AssertionError("nothing may be asked of the network")

socket.socket.connect = refuse
socket.getaddrinfo = refuse

from jaxswap import config
from pipelines import dataset, loader, validation

data = config.DataConfig(chip_size=32)
made = dataset.build({"a": Path(sys.argv[1])}, Path(sys.argv[2]), data=data)
opened = dataset.Dataset.open(made.path)
batches = loader.Loader(opened, ["a"], data=data, batch_size=4, seed=0)
assert next(batches)["image"].shape == (4, 1, 32, 32, 3)
batches.close()
assert len(validation.validation_chips(opened, "a", limit=2)[0]) == 2
print([name for name in sys.modules if name.partition(".")[0] in ("tensorflow", "gcsfs", "fsspec")])
"""


def test_neither_writing_nor_reading_loads_tensorflow_or_asks_the_network(facesets, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(facesets["a"]), str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"  # nor does TFDS print what it does


def test_no_temporary_folder_is_left_behind(facesets, data, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    dataset.build(facesets, tmp_path / "data", data=data)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"tmp", "data"}


def test_others_read_it_with_tfds_alone(built):
    builder = tfds.builder_from_directory(str(built.path / "face_chips" / "a" / "1.0.0"))
    theirs = builder.as_data_source(split="train")[2]
    ours = built.source("a", "train")[2]
    np.testing.assert_array_equal(theirs["image"], ours["image"])
    np.testing.assert_array_equal(theirs["regions"], ours["regions"])
    np.testing.assert_array_equal(theirs["landmarks"], ours["landmarks"])
    assert theirs["key"].decode() == ours["key"]


def test_long_facesets_are_written_in_several_shards(built, facesets, data, tmp_path, monkeypatch):
    monkeypatch.setattr(face_chips, "SHARD_BYTES", 60_000)
    made = dataset.build(facesets, tmp_path / "data", data=data)
    assert len(made.source("a", "train").paths) > 2
    assert made.counts == built.counts
    for index in range(made.counts["a"]["train"]):
        ours, whole = made.source("a", "train")[index], built.source("a", "train")[index]
        assert ours["key"] == whole["key"]
        np.testing.assert_array_equal(ours["image"], whole["image"])


@pytest.mark.parametrize("chip_size", [64, 96, 128, 256])
def test_a_shard_is_about_as_large_as_it_is_meant_to_be(facesets, tmp_path, data, chip_size):
    made = dataset.build(facesets, tmp_path, data=dataclasses.replace(data, chip_size=chip_size))
    info = json.loads((made.path / "face_chips" / "a" / "1.0.0" / "dataset_info.json").read_text())
    split = next(split for split in info["splits"] if split["name"] == "train")
    bytes_per_chip = int(split["numBytes"]) / made.counts["a"]["train"]
    shard = face_chips._chips_per_shard(chip_size) * bytes_per_chip
    assert face_chips.SHARD_BYTES / 4 < shard < 2 * face_chips.SHARD_BYTES
