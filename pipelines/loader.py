"""The loader: shuffled batches of all identities' chips, the same for any threads and hosts.

Row r of global batch n is element n * batch_size + r of each identity's endless stream, and the
stream is a function of (seed, identity) alone. So a position is one number, the batches drawn, and
finding it again costs nothing.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grain
import numpy as np
from jaxtyping import Int, UInt8

from jaxswap import config, errors
from pipelines import dataset, face_chips

ENDLESS = 2**62
"""Length of the stream: Grain wants one, and computes with it."""

Batch = dict[str, UInt8[np.ndarray, "b i h w 3"]]


class CachedPictures:
    """Picture and masks of each chip as one array; the first `capacity` are decoded only once.

    The result is the same with any capacity. A copy for another process starts empty.
    """

    def __init__(self, chips: face_chips.ChipSource, *, capacity: int):
        self._chips = chips
        self._capacity = capacity
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._chips)

    def __getitem__(self, index: int) -> UInt8[np.ndarray, "2 h w 3"]:
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        record = self._chips[index]
        pictures = np.stack([record["image"], record["regions"]])
        if index < self._capacity:
            self._kept[index] = pictures  # two threads may both do this, with equal arrays
        return pictures

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": {}}


class Rows:
    """The endless stream of rows: row k has one chip of each identity.

    Each identity goes through all its chips before it repeats one, in a new order every time,
    whatever the number of the others.
    """

    def __init__(self, identities: Sequence[CachedPictures], *, seed: int):
        self._identities = tuple(identities)
        self._seed = seed

    def __len__(self) -> int:
        return ENDLESS

    def __getitem__(self, index: int) -> tuple[UInt8[np.ndarray, "2 h w 3"], ...]:
        found = []
        for position, pictures in enumerate(self._identities):
            epoch, place = divmod(index, len(pictures))
            order = epoch_order(self._seed, position, epoch, len(pictures))
            found.append(pictures[int(order[place])])
        return tuple(found)


@functools.lru_cache(maxsize=64)
def epoch_order(seed: int, position: int, epoch: int, count: int) -> Int[np.ndarray, " count"]:
    """The order of `count` chips of the identity at `position` in one epoch, kept until unused.

    Grain's own shuffle takes up to 60 us an element below 4,096 of them, more than decoding does.
    The raw bits of PCG64 are what NumPy promises not to change between versions; its methods, such
    as `permutation`, may.

    Reference: https://numpy.org/neps/nep-0019-rng-policy.html
    """
    bits = np.random.PCG64(np.random.SeedSequence((seed, position, epoch)))
    order = np.argsort(bits.random_raw(count), kind="stable")
    order.flags.writeable = False  # all threads share it
    return order


class Loader:
    """An endless iterator of training batches: `image` and `regions`, [b, i, h, w, 3] uint8.

    b is the share of the global batch that belongs to this host: rows p * b to (p + 1) * b for
    host p, as `jax.make_array_from_process_local_data` expects them.
    """

    def __init__(
        self,
        opened: dataset.Dataset,
        identities: Sequence[str],
        *,
        data: config.DataConfig,
        batch_size: int,
        seed: int,
        shard: tuple[int, int] = (0, 1),
    ):
        """Nothing is read until the first batch is drawn.

        Args:
            opened: the dataset.
            identities: names, in the order of the identity axis.
            data: threads, workers and memory; none of them changes a byte of the batches.
            batch_size: chips of each identity in a global batch.
            seed: behind the order of the chips.
            shard: index of this host and number of hosts.

        Raises:
            ValueError: if the hosts cannot have equal shares of a batch.
            DatasetError: if an identity is unknown, or the chips have not `data.chip_size`.
        """
        index, count = shard
        if not 0 <= index < count or batch_size % count or batch_size < 1:
            raise ValueError(
                f"{count} hosts (this is {index}) cannot have equal shares of a batch of "
                f"{batch_size}: choose a multiple of their number."
            )
        if opened.chip_size != data.chip_size:
            raise errors.DatasetError(
                f"{opened.path} has chips of {opened.chip_size} px, not {data.chip_size}. "
                f"Give --data.chip-size {opened.chip_size}, or build it again."
            )
        sources = [opened.source(name, "train") for name in identities]
        rows = Rows(
            [
                CachedPictures(chips, capacity=capacity)
                for chips, capacity in zip(sources, _capacities(sources, data), strict=True)
            ],
            seed=seed,
        )
        # Rows are batched before the hosts take turns, so that each has a block of every batch.
        self._batches = grain.MapDataset.source(rows).batch(batch_size // count, batch_fn=_stack)
        self._data = data
        self._shard = shard
        self._drawn = 0
        self._iterator: Any = None

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        if self._iterator is None:
            self._iterator = self._start()
        batch = next(self._iterator)
        self._drawn += 1
        if self._data.num_workers:  # they come in shared memory, which goes when it is freed
            return {name: np.array(value) for name, value in batch.items()}
        return batch

    def position(self) -> dict[str, int]:
        """How many global batches have been drawn: JSON that `seek` takes."""
        return {"batches": self._drawn}

    def seek(self, position: Mapping[str, Any]) -> None:
        """Go on after that many batches, wherever and however they were drawn.

        Raises:
            ValueError: if it is no position.
        """
        drawn = position.get("batches")
        if set(position) != {"batches"} or not isinstance(drawn, int) or drawn < 0:
            raise ValueError(f"A position is {{'batches': n}} with n >= 0, not {position}.")
        self.close()
        self._drawn = drawn

    def close(self) -> None:
        """Stop reading ahead; the next batch starts it again."""
        if self._iterator is not None:
            self._iterator.close()
            self._iterator = None

    def _start(self) -> Any:
        index, count = self._shard
        data = self._data
        mine = self._batches[self._drawn * count + index :: count]
        threads = grain.ReadOptions(
            num_threads=min(data.num_threads, data.prefetch), prefetch_buffer_size=data.prefetch
        )
        ahead = mine.to_iter_dataset(threads)
        if data.num_workers:
            ahead = ahead.mp_prefetch(_workers(data))
        return iter(ahead)


def _stack(rows: Sequence[tuple[np.ndarray, ...]]) -> dict[str, np.ndarray]:
    """Rows of pictures of each identity, [2, h, w, 3], as `image` and `regions`, copied once."""
    shape = (len(rows), len(rows[0]), *rows[0][0].shape[1:])
    image, regions = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    for r, row in enumerate(rows):
        for i, pictures in enumerate(row):
            image[r, i], regions[r, i] = pictures
    return {"image": image, "regions": regions}


def _capacities(sources: Sequence[face_chips.ChipSource], data: config.DataConfig) -> list[int]:
    """How many chips of each identity are kept in memory: the same share of each."""
    needed = sum(chips.picture_bytes * len(chips) for chips in sources)
    share = min(1.0, data.cache_mb * 2**20 / max(1, data.num_workers) / needed)
    return [int(share * len(chips)) for chips in sources]


def _workers(data: config.DataConfig) -> grain.MultiprocessingOptions:
    from absl import flags

    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()  # Grain reads a flag of absl's, whose main() is not ours
    ahead = max(1, data.prefetch // data.num_workers)
    return grain.MultiprocessingOptions(num_workers=data.num_workers, per_worker_buffer_size=ahead)
