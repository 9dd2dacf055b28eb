"""Small facesets through the real writers: the embedded people, their meshes placed by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jaxswap import config, footage, images, version
from jaxswap.vision import alignment, chips, faceset_header, records
from pipelines import dataset

FACESET_SIZE = 48
DATA = config.DataConfig(chip_size=32, validation_share=0.2, segment_s=0.4)


def _record(
    frame: footage.Frame, source: int, time_s: float, rng: np.random.Generator
) -> records.ChipRecord:
    height, width = frame.image_u8.shape[:2]
    centre = np.array([width, height]) / 2 + rng.normal(0, 12, 2)
    landmarks = (alignment.mean_face() - 0.5) * height * rng.uniform(0.8, 1.0) + centre
    landmarks = landmarks.astype(np.float32)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    return records.ChipRecord(
        image=f"{source}-{frame.index:06d}-0.png",
        source=source,
        frame=frame.index,
        time_s=time_s,
        track=0,
        box=np.concatenate([low, high]),
        score=0.99,
        mesh_score=0.99,
        landmarks_5=landmarks[[33, 263, 1, 61, 291]],
        landmarks_468=landmarks,
        chip_from_frame=alignment.chip_from_frame(landmarks, chip_size=FACESET_SIZE),
    )


def _write_faceset(
    folder: Path, clip: Path, *, count: int, kind: str = "video", sources: int = 1, seed: int = 0
) -> Path:
    rng = np.random.default_rng(seed)
    (folder / "chips").mkdir(parents=True)
    lines = []
    reader = iter(footage.FrameReader(clip))
    for source in range(sources):
        for _ in range(count):
            frame = next(reader)
            time_s = 0.0 if kind == "image" else frame.time_s
            record = _record(frame, source, time_s, rng)
            chip_u8 = chips.cut_chip(frame.image_u8, record.chip_from_frame, FACESET_SIZE)
            images.write_png(folder / "chips" / record.image, chip_u8)
            lines.append(records.to_json(record) + "\n")
    (folder / "records.jsonl").write_text("".join(lines), encoding="utf-8")
    named = tuple(
        faceset_header.Source(name=f"{clip.stem}-{i}.mp4", kind=kind) for i in range(sources)
    )
    faceset_header.write(
        folder,
        faceset_header.Header(
            chip_size=FACESET_SIZE,
            sources=named,
            version=version.__version__,
            template=alignment.TEMPLATE,
        ),
    )
    return folder


@pytest.fixture(scope="session")
def write_faceset() -> Callable[..., Path]:
    """Write a faceset of `count` frames from each of `sources` parts of a clip."""
    return _write_faceset


@pytest.fixture(scope="session")
def facesets(tmp_path_factory, demo_clips) -> dict[str, Path]:
    """Facesets of two people; tests that change one take a copy."""
    root = tmp_path_factory.mktemp("face sets")
    return {
        "a": _write_faceset(root / "a", demo_clips["a_test"], count=30),
        "b": _write_faceset(root / "b", demo_clips["b_test"], count=23, seed=1),
    }


@pytest.fixture(scope="session")
def data() -> config.DataConfig:
    return DATA


@pytest.fixture(scope="session")
def built(tmp_path_factory, facesets) -> dataset.Dataset:
    """The dataset of both people; tests that change it take a copy of its folder."""
    return dataset.build(facesets, tmp_path_factory.mktemp("built") / "data", data=DATA)
