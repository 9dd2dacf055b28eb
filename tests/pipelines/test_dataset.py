"""A dataset holds its facesets' chips, appears whole or not at all, and is checked when opened."""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from jaxswap import config, errors, images
from jaxswap.vision import faceset
from pipelines import dataset, dataset_header


def tree(folder: Path) -> dict[str, bytes]:
    found = [Path(root) / name for root, _, names in os.walk(folder) for name in names]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@contextlib.contextmanager
def files_up_to(num_bytes: int) -> Iterator[None]:
    """Writing fails half-way, as on a full disk: no file of this process may grow beyond this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def chain(error: BaseException | None) -> str:
    said = ""
    while error is not None:
        said += f"{error} "
        error = error.__cause__ or error.__context__
    return said


@pytest.fixture
def copy(built, tmp_path) -> Path:
    """A copy of the dataset that the test may break."""
    return Path(shutil.copytree(built.path, tmp_path / "data"))


@pytest.fixture
def faces(facesets, tmp_path) -> dict[str, Path]:
    """A copy of the facesets that the test may change."""
    return {
        name: Path(shutil.copytree(path, tmp_path / "faces" / name))
        for name, path in facesets.items()
    }


def test_every_chip_is_stored_once_but_for_the_guard(built, facesets):
    for name, path in facesets.items():
        faces = faceset.Faceset.open(path)
        stored = [
            record["key"]
            for split in dataset_header.SPLITS
            for record in (built.source(name, split)[i] for i in range(built.counts[name][split]))
        ]
        assert len(stored) == len(set(stored))
        assert set(stored) < {record.image for record in faces.records}
        assert len(faces.records) - len(stored) <= 4  # 0.1 s on either side of a segment


def test_a_record_is_the_chip_at_the_dataset_size(built, facesets, data):
    faces = faceset.Faceset.open(facesets["b"])
    by_name = {record.image: record for record in faces.records}
    stored = built.source("b", "train")[3]
    original = by_name[stored["key"]]
    expected = images.resize_u8(faces.chip_u8(original), data.chip_size)
    error = np.abs(stored["image"].astype(int) - expected)
    assert error.mean() < 4  # what JPEG takes
    np.testing.assert_array_equal(
        stored["regions"], faces.regions_u8(original, size=data.chip_size)
    )
    np.testing.assert_array_equal(stored["landmarks"], faces.landmarks(original))
    assert stored["landmarks"].dtype == np.float32
    assert (stored["source"], stored["frame"]) == ("b_test-0.mp4", original.frame)
    assert stored["time_s"] == np.float32(original.time_s)


def test_records_are_in_the_order_of_time(built):
    for split in dataset_header.SPLITS:
        chips = built.source("a", split)
        frames = [chips[i]["frame"] for i in range(len(chips))]
        assert frames == sorted(frames)


def test_no_held_out_chip_trains(built, data):
    train, held_out = (
        np.array([built.source("a", split)[i]["time_s"] for i in range(built.counts["a"][split])])
        for split in dataset_header.SPLITS
    )
    assert np.abs(train[:, None] - held_out).min() > 1.5 / 25  # never neighbouring frames
    assert held_out.size == round(data.validation_share * 30)


def test_another_process_writes_the_same_bytes(built, facesets, tmp_path):
    argv = [f"{name}={path}" for name, path in facesets.items()]
    settings = ["--data.chip-size", "32", "--data.validation-share", "0.2"]
    command = [sys.executable, "-m", "jaxswap", "build", *argv, "--out", str(tmp_path / "data")]
    subprocess.run([*command, *settings, "--data.segment-s", "0.4"], check=True, timeout=120)
    assert tree(tmp_path / "data") == tree(built.path)


def test_building_twice_gives_the_same_bytes(built, facesets, data, tmp_path):
    again = dataset.build(facesets, tmp_path / "again", data=data)
    assert tree(again.path) == tree(built.path)
    assert again.fingerprint() == built.fingerprint()


def test_the_same_dataset_is_taken_as_it_is(copy, facesets, data):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    other_pace = dataclasses.replace(data, num_threads=7, cache_mb=3)
    assert dataset.build(facesets, copy, data=other_pace).counts
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


@pytest.mark.parametrize(
    "change", [{"chip_size": 24}, {"validation_share": 0.3}, {"segment_s": 0.2}]
)
def test_other_settings_build_another_dataset(copy, built, facesets, data, change):
    made = dataset.build(facesets, copy, data=dataclasses.replace(data, **change))
    assert made.fingerprint() != built.fingerprint()
    assert dataset.Dataset.open(copy).fingerprint() == made.fingerprint()


def test_a_pruned_faceset_builds_without_the_face(copy, faces, data):
    pruned = sorted((faces["a"] / "chips").iterdir())[2]
    pruned.unlink()
    made = dataset.build(faces, copy, data=data)
    stored = [made.source("a", "train")[i]["key"] for i in range(made.counts["a"]["train"])]
    assert pruned.name not in stored
    assert sum(made.counts["b"].values()) == 21


def test_a_broken_dataset_is_built_again(copy, built, facesets, data):
    next(copy.rglob("*train.array_record*")).write_bytes(b"broken")
    dataset.build(facesets, copy, data=data)
    assert tree(copy) == tree(built.path)


def test_a_broken_chip_is_named_and_nothing_is_left(copy, faces, data):
    broken = sorted((faces["b"] / "chips").iterdir())[4]
    broken.write_bytes(broken.read_bytes()[:200])
    before = tree(copy.parent)
    with pytest.raises(errors.FacesetError, match=broken.name):
        dataset.build(faces, copy, data=data)
    with pytest.raises(errors.FacesetError, match=broken.name):
        dataset.build(faces, copy.parent / "new", data=data)
    assert tree(copy.parent) == before


@pytest.mark.parametrize("num_bytes", [2_000, 40_000])
def test_a_full_disk_leaves_what_was_there(copy, faces, data, num_bytes):
    (sorted((faces["a"] / "chips").iterdir())[2]).unlink()
    before = tree(copy.parent)
    with files_up_to(num_bytes), pytest.raises(Exception) as raised:
        dataset.build(faces, copy, data=data)
    assert "File too large" in chain(raised.value)
    assert tree(copy.parent) == before


def test_too_few_chips_are_refused_with_their_number(faces, data, tmp_path):
    for path in sorted((faces["a"] / "chips").iterdir())[15:]:
        path.unlink()
    with pytest.raises(errors.FacesetError, match=r"has 15 chips.* at least 16.*Extract more"):
        dataset.build(faces, tmp_path / "out", data=data)
    assert not (tmp_path / "out").exists()


def test_a_single_moment_cannot_be_split(faces, data, tmp_path):
    lines = (faces["a"] / "records.jsonl").read_text().splitlines()
    moved = [{**json.loads(line), "time_s": 1.0} for line in lines]
    (faces["a"] / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in moved))
    with pytest.raises(errors.FacesetError, match="one moment"):
        dataset.build(faces, tmp_path / "out", data=data)


@pytest.mark.parametrize(("kind", "count", "sources"), [("images", 20, 1), ("image", 1, 18)])
def test_images_are_split_by_their_order(
    write_faceset, demo_clips, data, tmp_path, kind, count, sources
):
    path = write_faceset(
        tmp_path / "faces", demo_clips["a_test"], count=count, kind=kind, sources=sources
    )
    made = dataset.build({"a": path}, tmp_path / "data", data=data)
    assert made.counts["a"]["validation"] == round(0.2 * count * sources)
    chips = made.source("a", "validation")
    frames = [chips[i]["frame"] for i in range(len(chips))]
    assert frames == list(range(frames[0], frames[0] + len(frames)))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "-a", "a b", "ä", "a" * 33, "a\n"])
def test_names_that_no_folder_should_have_are_refused(facesets, data, tmp_path, name):
    with pytest.raises(errors.DatasetError, match="cannot be the name of an identity"):
        dataset.build({name: facesets["a"]}, tmp_path / "out", data=data)
    assert not list(tmp_path.iterdir())


def test_names_that_differ_by_case_alone_are_refused(facesets, data, tmp_path):
    with pytest.raises(errors.DatasetError, match="upper and lower case"):
        dataset.build({"a": facesets["a"], "A": facesets["b"]}, tmp_path / "out", data=data)


def test_unusual_names_work(facesets, data, tmp_path):
    names = ["1.0.0", "x_y-z.2"]
    paths = dict(zip(names, facesets.values(), strict=True))
    made = dataset.build(paths, tmp_path / "out", data=data)
    assert dataset.Dataset.open(tmp_path / "out").identities == tuple(names)
    assert len(made.source("1.0.0", "train")) > 0


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_dataset_stays(facesets, data, tmp_path, kind):
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "notes.txt").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(errors.OutputError, match="is no dataset, so it stays"):
        dataset.build(facesets, out, data=data)
    assert tree(tmp_path) == before


def test_an_empty_folder_may_become_a_dataset(facesets, data, tmp_path):
    (tmp_path / "out").mkdir()
    assert dataset.build(facesets, tmp_path / "out", data=data).identities == ("a", "b")


@pytest.mark.parametrize("pattern", ["*train.array_record*", "*validation*", "dataset_info.json"])
@pytest.mark.parametrize("fault", ["changed", "shorter", "missing"])
def test_a_file_that_is_not_as_it_was_is_named(copy, pattern, fault):
    path = next((copy / "face_chips" / "b").rglob(pattern))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(content if fault == "changed" else content[:-1])
    said = {"changed": "fails its checksum", "shorter": "bytes, not", "missing": "is missing"}
    with pytest.raises(errors.DatasetError, match=rf"{path.name} .*{said[fault]}.*[Bb]uild it"):
        dataset.Dataset.open(copy)


def test_a_folder_without_a_dataset_is_named(tmp_path):
    with pytest.raises(errors.DatasetError, match=r"is no dataset.*jaxswap build"):
        dataset.Dataset.open(tmp_path)


def test_an_unknown_identity_is_named_with_the_known_ones(built):
    with pytest.raises(errors.DatasetError, match=r"'eve'. It has a, b"):
        built.source("eve", "train")


def edit(folder: Path, change) -> None:
    header = json.loads((folder / "dataset.json").read_text())
    change(header)
    (folder / "dataset.json").write_text(json.dumps(header))


def rename(header: dict, name: str) -> None:
    header["files"][name] = header["files"].pop(next(iter(header["files"])))


HOSTILE = {
    "parent": (lambda h: rename(h, "../face_chips/a/x"), "no place of a file"),
    "parent inside": (
        lambda h: rename(h, "face_chips/a/../../../../etc/passwd"),
        "no place of a file",
    ),
    "absolute": (lambda h: rename(h, "/etc/passwd"), "no place of a file"),
    "backslash": (lambda h: rename(h, "face_chips/a/1.0.0/..\\..\\x"), "no place of a file"),
    "other identity": (lambda h: rename(h, "face_chips/eve/1.0.0/x"), "no place of a file"),
    "identity's name": (
        lambda h: h["identities"][0].update(name="../a"),
        r"identities\[0\]: `name` must be of the form",
    ),
    "twice": (lambda h: h["identities"].append(h["identities"][0]), "each once"),
    "no identities": (lambda h: h.update(identities=[]), "one or more"),
    "size": (lambda h: h.update(chip_size=10**9), r"`chip_size` must be in 16\.\.2048"),
    "size as text": (lambda h: h.update(chip_size="32"), "`chip_size` must be a whole number"),
    "counts": (
        lambda h: h["identities"][0]["counts"].update(train=-1),
        r"identities\[0\]: `counts` must be whole numbers >= 1",
    ),
    "a split more": (lambda h: h["identities"][0]["counts"].update(test=1), "train and validation"),
    "checksum": (
        lambda h: next(iter(h["files"].values())).update(sha256="../x"),
        r"files\.face_chips.*: `sha256` must be of the form",
    ),
    "bytes": (
        lambda h: next(iter(h["files"].values())).update(bytes=-1),
        "`bytes` must be >= 0",
    ),
    "format": (lambda h: h.update(format=0), "An older jaxswap wrote it"),
    "files": (lambda h: h.update(files=[1]), "`files` must be an object"),
    "missing key": (lambda h: h.pop("version"), "`version` is missing"),
    "unknown key": (lambda h: h.update(segments=2), "Unknown key `segments`. Did you mean 'segm"),
    "share": (lambda h: h.update(validation_share=[]), "`validation_share` must be a number"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_header_is_refused(copy, what):
    damage, message = HOSTILE[what]
    edit(copy, damage)
    with pytest.raises(
        errors.DatasetError, match=rf"dataset\.json cannot be read: .*{message}.*Build the dataset"
    ):
        dataset.Dataset.open(copy)


def test_a_dataset_of_a_newer_jaxswap_is_neither_read_nor_replaced(copy, facesets, data):
    edit(copy, lambda h: h.update(format=2))
    before = tree(copy)
    for use in (
        dataset.Dataset.open,
        lambda path: dataset.check(["a"], path),
        lambda path: dataset.build(facesets, path, data=data),
    ):
        with pytest.raises(errors.NewerFormatError, match=r"\(format 2; this one reads up to 1\)"):
            use(copy)
    assert tree(copy) == before


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, "\xff"])
def test_a_header_that_is_no_json_object_is_refused(copy, text):
    (copy / "dataset.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(errors.DatasetError, match=r"dataset\.json cannot be read: It "):
        dataset.Dataset.open(copy)


def test_a_link_out_of_the_folder_is_refused(copy, tmp_path):
    path = next(copy.rglob("*train.array_record*"))
    outside = tmp_path / "outside"
    path.rename(outside)
    path.symlink_to(outside)
    with pytest.raises(errors.DatasetError, match="leads out of the folder"):
        dataset.Dataset.open(copy)


def test_shards_that_the_header_does_not_name_are_not_read(copy):
    edit(copy, lambda h: [h["files"].pop(n) for n in list(h["files"]) if "train.array" in n])
    opened = dataset.Dataset.open(copy)
    with pytest.raises(errors.DatasetError, match=r"are not those of its dataset\.json"):
        opened.source("a", "train")


def test_classes_that_the_folder_names_are_not_loaded(copy):
    for path in copy.rglob("features.json"):
        path.write_text(json.dumps({"pythonClassName": "antigravity.Fly"}))
    edit(
        copy,
        lambda h: h["files"].update(
            {n: vars(f) for n, f in dataset_header.scan(copy).items() if n != "dataset.json"}
        ),
    )
    assert dataset.Dataset.open(copy).source("a", "train")[0]["image"].shape == (32, 32, 3)


def test_info_is_json(built):
    found = json.loads(json.dumps(built.info()))
    assert found["identities"][0]["name"] == "a"
    assert found["shards"] == 4
    assert found["bytes"] == sum(
        path.stat().st_size for path in (built.path / "face_chips").rglob("*") if path.is_file()
    )


def test_the_default_settings_build(facesets, tmp_path):
    made = dataset.build(facesets, tmp_path / "out", data=config.DataConfig())
    assert made.chip_size == 112
    assert made.source("a", "validation")[0]["regions"].shape == (112, 112, 3)
