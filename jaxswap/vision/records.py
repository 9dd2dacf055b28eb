"""Records: what is known of a chip beside its pixels, one line of JSON each.

Records come from outside (a faceset may be a stranger's), so every value is checked.
"""

import dataclasses
import json
import re
from typing import Any

import numpy as np
from jaxtyping import Float

from jaxswap import geometry, storing, types
from jaxswap.vision import mesh

MAX_COORDINATE = 1e6
MAX_SCALE = 1e4
_IMAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.png")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ChipRecord:
    """One chip of a faceset.

    Attributes:
        image: file name of the chip.
        source: index of its footage in the faceset's list of sources.
        frame: index of the frame in that footage.
        time_s: presentation time of the frame in seconds; the frame's index for images.
        track: number of the face's track in that footage.
        box: (x0, y0, x1, y1) in pixels of the frame.
        score: the detector's confidence in [0, 1].
        mesh_score: the landmark model's in [0, 1].
        landmarks_5: the detector's five points, pixels of the frame.
        landmarks_468: the mesh, pixels of the frame.
        chip_from_frame: the chip's matrix.
    """

    image: str
    source: int
    frame: int
    time_s: float
    track: int
    box: Float[np.ndarray, " 4"]
    score: float
    mesh_score: float
    landmarks_5: Float[np.ndarray, "5 2"]
    landmarks_468: Float[np.ndarray, "468 2"]
    chip_from_frame: types.Similarity


def to_json(record: ChipRecord) -> str:
    """One line of JSON; coordinates to a hundredth of a pixel, the matrix in full.

    Fields that have their default are left out: so a field that is added later changes neither the
    lines of older facesets nor their fingerprints.
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(ChipRecord):
        value = getattr(record, field.name)
        if value is field.default:
            continue
        if isinstance(value, np.ndarray):
            digits = 9 if field.name == "chip_from_frame" else 2
            value = np.round(value.astype(np.float64), digits).tolist()
        values[field.name] = value
    return json.dumps(values, separators=(",", ":"))


def from_json(line: str) -> ChipRecord:
    """The inverse of `to_json`.

    Raises:
        ValueError: if the line is no record, or a value is out of bounds.
    """
    values = storing.check_keys(ChipRecord, json.loads(line))
    if not (isinstance(values["image"], str) and _IMAGE_NAME.fullmatch(values["image"])):
        raise ValueError(f"{values['image']!r} is no plain name of a PNG file")
    return ChipRecord(
        image=values["image"],
        source=_whole(values["source"], "source"),
        frame=_whole(values["frame"], "frame"),
        time_s=_number(values["time_s"], "time_s"),
        track=_whole(values["track"], "track"),
        box=_array(values["box"], (4,), "box"),
        score=_share(values["score"], "score"),
        mesh_score=_share(values["mesh_score"], "mesh_score"),
        landmarks_5=_array(values["landmarks_5"], (5, 2), "landmarks_5"),
        landmarks_468=_array(values["landmarks_468"], (mesh.NUM_POINTS, 2), "landmarks_468"),
        chip_from_frame=_matrix(values["chip_from_frame"], "chip_from_frame"),
    )


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError(f"`{name}` must be a whole number >= 0, not {value!r}")
    return value


def _number(value: Any, name: str) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not good or not abs(value) <= 1e9:  # which NaN is not, either
        raise ValueError(f"`{name}` must be a finite number, not {value!r}")
    return float(value)


def _share(value: Any, name: str) -> float:
    if not 0 <= _number(value, name) <= 1:
        raise ValueError(f"`{name}` must be in [0, 1], not {value!r}")
    return float(value)


def _matrix(value: Any, name: str) -> types.Similarity:
    matrix = _array(value, (2, 3), name, np.float64)
    if not 1 / MAX_SCALE < geometry.scale_of(matrix) < MAX_SCALE:
        raise ValueError(f"`{name}` scales by {geometry.scale_of(matrix):g}")
    return matrix


def _array(value: Any, shape: tuple[int, ...], name: str, dtype: type = np.float32) -> np.ndarray:
    try:
        array = np.array(value, dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"`{name}` must hold numbers") from error
    if array.shape != shape:
        raise ValueError(f"`{name}` must have the shape {shape}, not {array.shape}")
    if not (np.isfinite(array).all() and np.abs(array).max() <= MAX_COORDINATE):
        raise ValueError(f"`{name}` has numbers out of bounds")
    return array
