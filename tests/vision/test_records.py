"""Records survive the way to JSON and back, and a stranger's records cannot do harm."""

import json

import numpy as np
import pytest

from jaxswap.vision import records


@pytest.fixture
def record() -> records.ChipRecord:
    rng = np.random.default_rng(0)
    return records.ChipRecord(
        image="2-000123-4.png",
        source=2,
        frame=123,
        time_s=4.92,
        track=4,
        box=np.array([10.25, 20.5, 110.0, 130.75], np.float32),
        score=0.987,
        mesh_score=0.75,
        landmarks_5=rng.uniform(0, 500, (5, 2)).astype(np.float32),
        landmarks_468=rng.uniform(0, 500, (468, 2)).astype(np.float32),
        chip_from_frame=np.array([[1.25, -0.1, 30.0], [0.1, 1.25, -7.125]]),
    )


def test_a_record_survives_the_way_to_json_and_back(record):
    line = records.to_json(record)
    assert "\n" not in line
    back = records.from_json(line)
    for name in ("image", "source", "frame", "time_s", "track", "score", "mesh_score"):
        assert getattr(back, name) == getattr(record, name)
    for name in ("box", "landmarks_5", "landmarks_468"):
        np.testing.assert_allclose(getattr(back, name), getattr(record, name), atol=0.0051)
    np.testing.assert_allclose(back.chip_from_frame, record.chip_from_frame, atol=1e-9)
    assert records.to_json(back) == line


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("image", "../../etc/passwd.png", "no plain name"),
        ("image", "chips/a.png", "no plain name"),
        ("image", ".hidden.png", "no plain name"),
        ("image", "a.png\n", "no plain name"),
        ("image", "a" * 300 + ".png", "no plain name"),
        ("image", 7, "no plain name"),
        ("source", -1, "`source` must be a whole number"),
        ("frame", 1.5, "`frame` must be a whole number"),
        ("frame", 2**40, "`frame` must be a whole number"),
        ("track", True, "`track` must be a whole number"),
        ("time_s", float("nan"), "`time_s` must be a finite number"),
        ("time_s", "soon", "`time_s` must be a finite number"),
        pytest.param("time_s", 10**400, "`time_s` must be a finite number", id="huge"),
        ("score", 1.5, r"`score` must be in \[0, 1\]"),
        ("mesh_score", -0.5, r"`mesh_score` must be in \[0, 1\]"),
        ("box", [0, 0, 1], "`box` must have the shape"),
        ("box", [0, 0, "x", 1], "`box` must hold numbers"),
        ("box", [0, 0, 1, float("inf")], "`box` has numbers out of bounds"),
        ("landmarks_5", [[0, 0]] * 4, "`landmarks_5` must have the shape"),
        ("landmarks_468", [[0, 0]] * 467 + [[0]], "`landmarks_468` must hold numbers"),
        ("landmarks_468", [[1e9, 0]] * 468, "`landmarks_468` has numbers out of bounds"),
        ("chip_from_frame", [[0, 0, 1], [0, 0, 1]], "`chip_from_frame` scales by 0"),
        ("chip_from_frame", [[1e5, 0, 1], [0, 1e5, 1]], "`chip_from_frame` scales by 100000"),
        ("chip_from_frame", None, "`chip_from_frame`"),
    ],
)
def test_a_value_out_of_bounds_is_refused(record, field, value, message):
    values = json.loads(records.to_json(record))
    values[field] = value
    with pytest.raises(ValueError, match=message):
        records.from_json(json.dumps(values))


def test_unknown_and_missing_keys_are_refused(record):
    values = json.loads(records.to_json(record))
    with pytest.raises(ValueError, match=r"Unknown key `boxes`\. Did you mean 'box'\?"):
        records.from_json(json.dumps({**values, "boxes": []}))
    del values["box"]
    with pytest.raises(ValueError, match="`box` is missing"):
        records.from_json(json.dumps(values))


@pytest.mark.parametrize("line", ["", "[]", "7", "{", '{"image": "a.png"', "\x00"])
def test_what_is_no_record_is_refused(line):
    with pytest.raises(ValueError):
        records.from_json(line)
