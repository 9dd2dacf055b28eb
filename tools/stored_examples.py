"""Make tests/stored/: a small example of every stored format, to be read for ever.

`python tools/stored_examples.py` makes those that are missing and leaves alone what is there. An
example is never made again once its format was released, since a file that today's code writes
says nothing of yesterday's. A new format gets a folder of its own, with its number in the name.
digests.json has what each was read as when it was made.

All pictures are generated. The examples are CC0: do with them what you like.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np

from jaxswap import config, files, images, runs
from jaxswap.provenance import containers, marked_pictures, marks, reading, xmp
from jaxswap.training import loop, sharding
from jaxswap.vision import alignment, faceset, faceset_header, records
from pipelines import dataset, loader, validation

STORED = Path(__file__).parents[1] / "tests" / "stored"
NAMES = ("anna", "ben")
CHIP_SIZE = 32
SMALL = 16
"""Side of a dataset's smallest chips, in pixels."""

MARK = marks.Mark(
    run_fingerprint="0123abcd",
    swaps=(marks.MarkedSwap(person="anna", identity="ben"),),
    version="0.1.0",
)


def picture(number: int, size: int = CHIP_SIZE) -> np.ndarray:
    """A colourful slope, another one for each number. [size, size, 3] uint8."""
    y, x = np.mgrid[:size, :size] / size
    slope = np.stack([x, y, np.full_like(x, number % 16 / 16)], axis=-1)
    return (255 * slope).astype(np.uint8)


def write_faceset(folder: Path, *, count: int) -> None:
    """A faceset of chips that show slopes, with the mean face's landmarks."""
    (folder / "chips").mkdir(parents=True)
    landmarks = (alignment.mean_face() * 100).astype(np.float32)
    lines = []
    for number in range(count):
        record = records.ChipRecord(
            image=f"0-{number:06d}-0.png",
            source=0,
            frame=number,
            time_s=number / 25,
            track=0,
            box=np.array([0, 0, 100, 100], np.float32),
            score=0.99,
            mesh_score=0.98,
            landmarks_5=landmarks[[33, 263, 1, 61, 291]],
            landmarks_468=landmarks,
            chip_from_frame=alignment.chip_from_frame(landmarks, chip_size=CHIP_SIZE),
        )
        images.write_png(folder / "chips" / record.image, picture(number))
        lines.append(records.to_json(record) + "\n")
    (folder / "records.jsonl").write_text("".join(lines), encoding="utf-8")
    header = faceset_header.Header(
        chip_size=CHIP_SIZE,
        sources=(
            faceset_header.Source(
                name="slopes.mp4", kind="video", frames=count, seconds=count / 25
            ),
        ),
        template=alignment.TEMPLATE,
        version="0.1.0",
        config={"extract": config.to_dict(config.ExtractConfig(chip_size=CHIP_SIZE))},
    )
    faceset_header.write(folder, header)


def make_faceset(folder: Path) -> None:
    """Two chips, one of them with a mask that somebody drew."""
    write_faceset(folder, count=2)
    mask_u8 = np.full((CHIP_SIZE, CHIP_SIZE, 3), 255, np.uint8)
    mask_u8[CHIP_SIZE // 2 :] = 0
    images.write_png(folder / "masks" / "0-000001-0.png", mask_u8)


def make_dataset(folder: Path, *, names: Sequence[str] = NAMES[:1]) -> None:
    """As few chips as a dataset may have; of one identity, since each takes 256 KB of zeros."""
    with tempfile.TemporaryDirectory() as place:
        facesets = {name: Path(place) / name for name in names}
        for path in facesets.values():
            write_faceset(path, count=dataset.MIN_CHIPS)
        data = config.DataConfig(chip_size=SMALL, validation_share=0.2, segment_s=0.1)
        dataset.build(facesets, folder, data=data)


def make_run(folder: Path) -> None:
    """A run of one step that went on for a second one; its data are left out."""
    with tempfile.TemporaryDirectory() as place:
        make_dataset(Path(place) / "data", names=NAMES)
        train(folder, dataset.Dataset.open(Path(place) / "data"))
    for name in ("previews", "tensorboard"):  # for people: nothing reads them back
        shutil.rmtree(folder / name)
    for name in ("preview.png", ".lock"):
        (folder / name).unlink()
    forget_place(folder / "checkpoints" / "2")


def forget_place(checkpoint: Path) -> None:
    """Take out where the checkpoint was made, which Orbax writes into it, and sign the rest."""
    for path in checkpoint.rglob("commit_success.txt"):
        path.write_text("Checkpoint commit was successful\n", encoding="utf-8")
    sums = json.loads((checkpoint / "sha256.json").read_text(encoding="utf-8"))
    signed = {name: files.sha256(checkpoint / name) for name in sums}
    files.write_json(checkpoint / "sha256.json", signed)


def train(folder: Path, opened: dataset.Dataset) -> None:
    """One step, and then another."""
    chips = {name: validation.validation_chips(opened, name, limit=1)[:2] for name in NAMES}
    manifest = {
        "preset": "tiny",
        "identities": [
            {
                "name": name,
                "source": f"faces/{name}",
                "fingerprint": opened.fingerprints[name],
                "dataset": "data",
            }
            for name in NAMES
        ],
        "versions": {"jaxswap": "0.1.0"},
        "platform": {"backend": "cpu", "devices": 1},
        "commit": None,
        "created": "2026-01-02T03:04:05+00:00",
    }
    for steps in (1, 2):
        configuration = tiny(steps)
        loop.train(
            configuration,
            mesh=sharding.training_mesh(configuration.train),
            run_dir=folder,
            identities=list(NAMES),
            manifest=manifest,
            loader=loader.Loader(
                opened, list(NAMES), data=configuration.data, batch_size=1, seed=configuration.seed
            ),
            validation=chips,
        )


def tiny(steps: int) -> config.Config:
    """The smallest model with every part."""
    return config.Config(
        steps=steps,
        data=config.DataConfig(chip_size=SMALL),
        model=config.ModelConfig(
            image_size=8,
            encoder_features=(2, 2),
            bottleneck_features=2,
            inter_features=2,
            inter_upscale_features=2,
            decoder_features=(2,),
            mask_head=True,
            mask_features=(2,),
            visible_features=(2,),
        ),
        optimizer=config.OptimizerConfig(ema=0.5),
        train=config.TrainConfig(batch_size=1, keep=1, log_every=1),
    )


def make_marks(folder: Path) -> None:
    """A marked picture and video of each format."""
    for suffix in (".png", ".jpg", ".webp"):
        marked_pictures.write(folder / f"picture{suffix}", picture(0, SMALL), mark=MARK)
    packet = xmp.to_xmp(MARK)
    for suffix, metadata in ((".mkv", {"XMP": packet}), (".mp4", {})):
        with av.open(
            str(folder / f"video{suffix}"), "w", options={"fflags": "+bitexact"}
        ) as output:
            output.metadata.update(metadata)
            video = output.add_stream("libx264", rate=25, options={"threads": "1"})
            video.width = video.height = SMALL
            video.pix_fmt = "yuv420p"
            output.mux(video.encode(av.VideoFrame.from_ndarray(picture(0, SMALL), "rgb24")))
            output.mux(video.encode(None))
    containers.append_uuid_box(folder / "video.mp4", packet)


def read_mark(folder: Path) -> str:
    """What the picture's mark says to people."""
    mark = reading.read(folder / "picture.png")
    return "" if mark is None else marks.comment(mark, kind="image")


EXAMPLES: dict[str, tuple[Callable[[Path], None], Callable[[Path], str]]] = {
    "faceset-1": (make_faceset, lambda path: faceset.Faceset.open(path).fingerprint()),
    "dataset-1": (make_dataset, lambda path: dataset.Dataset.open(path).fingerprint()),
    "run-2": (make_run, lambda path: runs.Run.open(path).fingerprint()),
    "marks-1": (make_marks, read_mark),
}


def main() -> None:
    """Make what is missing."""
    digests_path = STORED / "digests.json"
    digests = {}
    if digests_path.exists():
        digests = json.loads(digests_path.read_text(encoding="utf-8"))
    for name, (make, read) in EXAMPLES.items():
        if not (STORED / name).exists():
            with files.replacing_folder(STORED / name) as partial:
                make(partial)
            digests[name] = read(STORED / name)
            files.write_json(digests_path, digests)


if __name__ == "__main__":
    main()
