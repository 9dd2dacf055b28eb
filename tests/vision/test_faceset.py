"""A faceset can be pruned by hand, and a broken or hostile one says what to do."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from jaxswap import errors, images
from jaxswap.vision import faceset


@pytest.fixture
def path(faceset_path, tmp_path) -> Path:
    return Path(shutil.copytree(faceset_path, tmp_path / "a"))


def edit_header(path: Path, **changes) -> None:
    header = json.loads((path / "faceset.json").read_text())
    (path / "faceset.json").write_text(json.dumps(header | changes))


def test_a_chip_has_its_pixels_points_and_masks(path):
    faces = faceset.Faceset.open(path)
    record = faces.records[0]
    chip = faces.chip_u8(record)
    assert chip.shape == (128, 128, 3)
    assert chip.std() > 20
    points = faces.landmarks(record)
    oval = points[:, 1].max() - points[:, 1].min()
    assert oval == pytest.approx(0.56, abs=0.05)
    for size in (64, 128):
        regions = faces.regions_u8(record, size=size)
        assert regions.shape == (size, size, 3)
        assert 0.1 < (regions[..., 0] / 255).mean() < 0.4
    x, y = np.rint(points[1] * 128 - 0.5).astype(int)
    assert faces.regions_u8(record, size=128)[y, x, 0] == 255


def test_a_drawn_mask_takes_what_hides_the_face_out_of_every_region(path):
    before = faceset.Faceset.open(path)
    hidden, plain = before.records[0], before.records[1]
    whole = before.regions_u8(hidden, size=64)
    mask = np.full((128, 128, 3), 255, np.uint8)
    mask[64:] = 0
    (path / "masks").mkdir()
    images.write_png(path / "masks" / hidden.image, mask)
    after = faceset.Faceset.open(path)
    regions = after.regions_u8(hidden, size=64)
    np.testing.assert_array_equal(regions[:32], whole[:32])
    assert whole[32:].any()
    assert not regions[32:].any()
    np.testing.assert_array_equal(
        after.regions_u8(plain, size=64), before.regions_u8(plain, size=64)
    )
    assert after.fingerprint() != before.fingerprint()


@pytest.mark.parametrize("broken", [b"no image", "small"])
def test_a_broken_mask_is_named_with_a_remedy(path, broken):
    record = faceset.Faceset.open(path).records[0]
    (path / "masks").mkdir()
    if broken == "small":
        images.write_png(path / "masks" / record.image, np.zeros((8, 8, 3), np.uint8))
    else:
        (path / "masks" / record.image).write_bytes(broken)
    with pytest.raises(errors.FacesetError, match=rf"mask .*{record.image}.*Draw it again"):
        faceset.Faceset.open(path).regions_u8(record, size=64)


def test_deleting_an_image_removes_that_face_and_nothing_else(path):
    before = faceset.Faceset.open(path)
    gone = before.records[2]
    (path / "chips" / gone.image).unlink()
    after = faceset.Faceset.open(path)
    assert [r.image for r in after.records] == [
        r.image for r in before.records if r.image != gone.image
    ]
    assert (before.num_pruned, after.num_pruned) == (0, 1)
    assert after.info()["chips"] == len(before.records) - 1
    for record in after.records:
        after.chip_u8(record)


def test_the_fingerprint_is_of_the_faces_that_are_there(path):
    before = faceset.Faceset.open(path).fingerprint()
    assert faceset.Faceset.open(path).fingerprint() == before
    (path / "contact_sheet.png").unlink()
    (path / "chips" / "notes.txt").write_text("mine")
    assert faceset.Faceset.open(path).fingerprint() == before
    first = faceset.Faceset.open(path).records[0]
    chip = faceset.Faceset.open(path).chip_u8(first)
    images.write_png(path / "chips" / first.image, 255 - chip)
    changed = faceset.Faceset.open(path).fingerprint()
    (path / "chips" / first.image).unlink()
    pruned = faceset.Faceset.open(path).fingerprint()
    assert len({before, changed, pruned}) == 3


def test_an_image_that_goes_away_meanwhile_is_named(path):
    faces = faceset.Faceset.open(path)
    (path / "chips" / faces.records[1].image).unlink()
    with pytest.raises(errors.FacesetError, match=r"was deleted while the faceset was in use"):
        faces.fingerprint()
    with pytest.raises(errors.FacesetError, match=r"Delete that image"):
        faces.chip_u8(faces.records[1])


@pytest.mark.parametrize("content", [b"", b"no image", "cut"])
def test_a_broken_image_is_named_with_a_remedy(path, content):
    faces = faceset.Faceset.open(path)
    image = path / "chips" / faces.records[0].image
    image.write_bytes(image.read_bytes()[:-400] if content == "cut" else content)
    with pytest.raises(errors.FacesetError, match=rf"{image.name} is broken. Delete that image"):
        faces.chip_u8(faces.records[0])


def test_an_image_of_another_size_is_named(path):
    faces = faceset.Faceset.open(path)
    image = path / "chips" / faces.records[0].image
    images.write_png(image, np.zeros((64, 32, 3), np.uint8))
    with pytest.raises(errors.FacesetError, match=r"has 32x64 pixels, not 128x128. Delete"):
        faces.chip_u8(faces.records[0])


def test_info_says_what_it_is(path):
    faces = faceset.Faceset.open(path)
    info = json.loads(json.dumps(faces.info()))
    assert info["kind"] == "faceset"
    assert info["chips"] == len(faces.records) == 6
    assert (info["chip_size"], info["tracks"], info["pruned"]) == (128, 1, 0)
    (source,) = info["sources"]
    assert (source["name"], source["kind"], source["chips"]) == ("a_test.mp4", "video", 6)
    assert source["seconds"] == pytest.approx(6.0)
    assert info["fingerprint"] == faces.fingerprint()


def test_another_folder_is_no_faceset(tmp_path):
    with pytest.raises(errors.FacesetError, match=r"is no faceset .* jaxswap extract"):
        faceset.Faceset.open(tmp_path)
    with pytest.raises(errors.FacesetError, match=r"is no faceset"):
        faceset.Faceset.open(tmp_path / "missing")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 0}, r"An older jaxswap wrote it \(format 0"),
        ({"format": "1"}, r"`format` must be a whole number"),
        ({"template": "another"}, r"`template` must be '.*', not 'another'"),
        ({"chip_size": 10**9}, r"`chip_size` must be in 16\.\.2048, not 1000000000"),
        ({"chip_size": "128"}, r"`chip_size` must be a whole number, not '128'"),
        ({"sources": {}}, r"`sources` must be a list"),
        ({"sources": [{"name": 5, "kind": "video"}]}, r"`sources\[0\]\.name` must be text, not 5"),
        (
            {"sources": [{"name": "a", "kind": "magic"}]},
            r"`sources\[0\]\.kind` must be one",
        ),
        ({"sources": [{"name": "a"}]}, r"`sources\[0\]\.kind` is missing"),
        ({"version": None}, r"`version` must be text, not None"),
        ({"chipsize": 128}, r"Unknown key `chipsize`\. Did you mean 'chip_size'"),
    ],
)
def test_a_header_out_of_bounds_is_refused(path, changes, message):
    edit_header(path, **changes)
    with pytest.raises(
        errors.FacesetError, match=rf"faceset\.json cannot be read: {message}.*Extract the footage"
    ):
        faceset.Faceset.open(path)


def test_a_faceset_of_a_newer_jaxswap_says_so(path):
    edit_header(path, format=2)
    with pytest.raises(errors.NewerFormatError, match=r"\(format 2; this one reads up to 1\)"):
        faceset.Faceset.open(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000])
def test_a_broken_header_is_refused(path, content):
    (path / "faceset.json").write_text(content)
    with pytest.raises(errors.FacesetError, match=r"faceset\.json cannot be read: It "):
        faceset.Faceset.open(path)


def _lines(path: Path) -> list[str]:
    return (path / "records.jsonl").read_text().splitlines()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "broken"),
        ("[" * 50_000, "broken"),
        ("x" * 300_000, "broken"),
        ("{padded}", "broken"),
        ("{first}", "a second time"),
        ("{other source}", "source 3 of 1"),
        ("{outside}", "no plain name"),
    ],
)
def test_a_broken_line_is_named(path, line, message):
    lines = _lines(path)
    values = json.loads(lines[0])
    line = {
        "{first}": lines[0],
        "{padded}": " " * 150_000 + json.dumps(values | {"image": "9.png"}),
        "{other source}": json.dumps(values | {"image": "9.png", "source": 3}),
        "{outside}": json.dumps(values | {"image": "../faceset.png"}),
    }.get(line, line)
    (path / "records.jsonl").write_text("\n".join([*lines[:3], line, *lines[3:]]) + "\n")
    with pytest.raises(
        errors.FacesetError, match=r"Line 4 of .* is broken .*Delete that"
    ) as caught:
        faceset.Faceset.open(path)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_bytes_that_are_no_text_are_named(path):
    with (path / "records.jsonl").open("ab") as stream:
        stream.write(b"\xff\xfe\n")
    with pytest.raises(errors.FacesetError, match=r"Line 7 of .* is broken"):
        faceset.Faceset.open(path)


def test_missing_records_are_said(path):
    (path / "records.jsonl").unlink()
    with pytest.raises(errors.FacesetError, match=r"records\.jsonl is missing. Extract"):
        faceset.Faceset.open(path)
