"""The TFDS dataset of one identity's chips: how a faceset becomes records, and how they are read.

TensorFlow is needed for neither: pictures are handed to TFDS as the bytes of image files, and the
records are ArrayRecord, which is read at random.
"""

import contextlib
import dataclasses
import functools
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.core import example_serializer

from jaxswap import errors, images, owners, types
from jaxswap.vision import faceset, records

SHARD_BYTES = 256 * 2**20

JPEG_QUALITY = 95
"""With colour at full resolution: 44 dB against PNG, a third of its bytes and a quarter of its
decoding time (`python -m benchmarks input`)."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What one split of one identity is made of.

    Attributes:
        count: its chips.
        examples: what is stored of the chips from a first to a last position, in order.
    """

    count: int
    examples: Callable[[int, int], Iterator[dict[str, Any]]]


@dataclasses.dataclass
class FaceChipsConfig(tfds.core.BuilderConfig):
    """One identity: its name, the side of its chips, and what to write (nothing when reading)."""

    chip_size: int = 0
    parts: Mapping[str, Part] = dataclasses.field(default_factory=dict, repr=False)


class LocalInfo(tfds.core.DatasetInfo):
    """What TFDS knows of a dataset, from its folder alone."""

    def initialize_from_bucket(self) -> None:
        """Ask nobody: TFDS would look the identity's name up in a public bucket."""


class FaceChips(tfds.core.ShardBasedBuilder):
    """Chips of one identity in the splits `train` and `validation`, in the order of time."""

    name = "face_chips"
    VERSION = tfds.core.Version("1.0.0")

    @property
    def builder_config(self) -> FaceChipsConfig:
        """What the builder was made with.

        Raises:
            ValueError: if the builder was made without one.
        """
        if not isinstance(self._builder_config, FaceChipsConfig):
            raise ValueError(
                f"`config` must be a FaceChipsConfig, not {self._builder_config!r}: give it to "
                "FaceChips by name."
            )
        return self._builder_config

    def _info(self) -> tfds.core.DatasetInfo:
        size = self.builder_config.chip_size
        return LocalInfo(
            builder=self,
            description="Aligned face chips of one identity.",
            disable_shuffling=True,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(size, size, 3), encoding_format="jpeg"),
                    "regions": tfds.features.Image(
                        shape=(size, size, 3),
                        encoding_format="png",
                        doc="Masks in 0..255: the whole face, the eyes, the mouth.",
                    ),
                    "landmarks": tfds.features.Tensor(
                        shape=(468, 2), dtype=np.float32, doc="0 and 1 are the chip's edges."
                    ),
                    "key": tfds.features.Text(doc="File name of the chip in its faceset."),
                    "source": tfds.features.Text(doc="Name of its footage."),
                    "frame": np.int64,
                    "time_s": np.float32,
                }
            ),
        )

    def _shard_iterators_per_split(
        self, dl_manager: Any
    ) -> dict[str, list[Callable[[], Iterator[tuple[int, dict[str, Any]]]]]]:
        per_shard = _chips_per_shard(self.builder_config.chip_size)
        return {
            split: [
                functools.partial(self._examples, part, start, min(start + per_shard, part.count))
                for start in range(0, part.count, per_shard)
            ]
            for split, part in self.builder_config.parts.items()
        }

    def _examples(self, part: Part, start: int, stop: int) -> Iterator[tuple[int, dict[str, Any]]]:
        yield from enumerate(part.examples(start, stop), start)


def of_faceset(
    faces: faceset.Faceset, record: records.ChipRecord, *, chip_size: int
) -> dict[str, Any]:
    """What is stored of a faceset's chip, in `chip_size` pixels.

    Raises:
        FacesetError: if the chip's image is broken.
    """
    return example(
        images.resize_u8(faces.chip_u8(record), chip_size),
        faces.regions_u8(record, size=chip_size),
        landmarks=faces.landmarks(record),
        key=record.image,
        source=faces.sources[record.source].name,
        frame=record.frame,
        time_s=record.time_s,
    )


def example(chip_u8: types.ImageU8, regions_u8: types.RegionsU8, **values: Any) -> dict[str, Any]:
    """What is stored of a chip: its pictures as the bytes of image files, and `values`."""
    return {
        "image": io.BytesIO(images.encode_jpeg(chip_u8, quality=JPEG_QUALITY)),
        "regions": io.BytesIO(images.encode_png(regions_u8)),
        **values,
    }


def write(root: Path, config: FaceChipsConfig) -> None:
    """Write the dataset of one identity below `root`."""
    owners.need_no_name()
    builder = FaceChips(data_dir=str(root), config=config, file_format="array_record")
    settings = tfds.download.DownloadConfig(compute_stats=tfds.download.ComputeStatsMode.SKIP)
    with (
        tempfile.TemporaryDirectory() as nothing,  # TFDS makes folders for downloads
        contextlib.redirect_stdout(io.StringIO()),  # and speaks of them, and there are none
        _same_bytes(),
    ):
        builder.download_and_prepare(download_dir=nothing, download_config=settings)


@contextlib.contextmanager
def _same_bytes() -> Iterator[None]:
    """Let TFDS write equal records as equal bytes: protobuf orders a map anew in each process."""
    serializer = example_serializer.ExampleSerializer
    theirs = serializer.serialize_example

    def sorted_bytes(self: Any, example: Any) -> bytes:
        return self.get_tf_example(example).SerializeToString(deterministic=True)

    serializer.serialize_example = sorted_bytes
    try:
        yield
    finally:
        serializer.serialize_example = theirs


class ChipSource:
    """One split of one identity, read at random; safe to share between threads, and it pickles.

    Attributes:
        paths: the files that it reads.
        picture_bytes: what the picture and the masks of one chip take in memory.
    """

    def __init__(self, root: Path, identity: str, split: str, *, chip_size: int):
        # The features are those of our class, not of the folder's features.json: that file may
        # name any Python class, and a dataset may be a stranger's.
        config = FaceChipsConfig(name=identity, chip_size=chip_size)
        builder = FaceChips(data_dir=str(root), config=config, file_format="array_record")
        self.paths = [Path(path) for path in builder.info.splits[split].filepaths]
        self.picture_bytes = 2 * 3 * chip_size**2
        self._where = f"{root} ({identity}, {split})"
        self._chip_size = chip_size
        self._stored = builder.as_data_source(  # its decorator hides its parameters from pyright
            split=split,  # pyright: ignore[reportCallIssue]
            decoders={"image": tfds.decode.SkipDecoding(), "regions": tfds.decode.SkipDecoding()},
        )

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """A record: `image` and `regions` [s, s, 3] uint8, `landmarks` [468, 2], and the rest.

        Raises:
            DatasetError: if its pictures are broken.
        """
        record = dict(self._stored[index])
        for name in ("image", "regions"):
            record[name] = self._decode(record[name], index)
        for name in ("key", "source"):
            record[name] = record[name].decode()
        return record

    def _decode(self, encoded: bytes, index: int) -> types.ImageU8:
        try:
            image_u8 = images.decode_u8(encoded)
            if image_u8.shape != (self._chip_size, self._chip_size, 3):
                raise ValueError(f"it has the shape {image_u8.shape}")
        except ValueError as error:
            raise errors.DatasetError(
                f"Chip {index} of {self._where} is broken ({error}). Build the dataset again."
            ) from error
        return image_u8


def _chips_per_shard(chip_size: int) -> int:
    # JPEG and PNG of a chip together take about 0.6 bytes a pixel; 5 kB for the rest.
    return max(1, SHARD_BYTES // int(0.6 * chip_size**2 + 5_000))
