"""Batches are a function of the seed and their number: nothing else changes a byte of them."""

import dataclasses
import json
import pickle
import shutil

import numpy as np
import pytest

from jaxswap import errors
from pipelines import dataset, dataset_header, face_chips, loader

BATCH = 6


@pytest.fixture
def make(built, data):
    """Loaders of the dataset, closed when the test ends."""
    made = []

    def _make(
        *, opened=built, identities=("a", "b"), batch_size=BATCH, seed=0, shard=(0, 1), **pace
    ):
        pace = dataclasses.replace(data, **pace)
        found = loader.Loader(
            opened, identities, data=pace, batch_size=batch_size, seed=seed, shard=shard
        )
        made.append(found)
        return found

    yield _make
    for found in made:
        found.close()


@pytest.fixture(scope="module")
def names(built) -> dict[str, dict[bytes, str]]:
    """Names of the chips that train, by their decoded pixels."""
    found = {}
    for identity in built.identities:
        chips = built.source(identity, "train")
        records = [chips[i] for i in range(len(chips))]
        found[identity] = {record["image"].tobytes(): record["key"] for record in records}
        assert len(found[identity]) == len(chips)
    return found


def take(batches: loader.Loader, count: int) -> list[dict[str, np.ndarray]]:
    return [next(batches) for _ in range(count)]


def assert_equal(found: list, expected: list) -> None:
    assert len(found) == len(expected)
    for batch, other in zip(found, expected, strict=True):
        assert sorted(batch) == ["image", "regions"]
        for name in batch:
            np.testing.assert_array_equal(batch[name], other[name])


def differ(found: list, other: list) -> bool:
    return any((x["image"] != y["image"]).any() for x, y in zip(found, other, strict=True))


def order(batches: list, position: int, names: dict[bytes, str]) -> list[str]:
    return [names[image.tobytes()] for batch in batches for image in batch["image"][:, position]]


def test_a_batch_is_images_and_regions_of_every_identity(make, built):
    batch = next(make())
    for name in ("image", "regions"):
        assert batch[name].shape == (BATCH, 2, 32, 32, 3)
        assert batch[name].dtype == np.uint8
        assert type(batch[name]) is np.ndarray
    for position, identity in enumerate(built.identities):
        chips = built.source(identity, "train")
        pairs = {
            chips[i]["image"].tobytes(): chips[i]["regions"].tobytes() for i in range(len(chips))
        }
        for row in range(BATCH):
            image, regions = (batch[name][row, position].tobytes() for name in ("image", "regions"))
            assert pairs[image] == regions


def test_one_seed_gives_the_same_bytes(make):
    assert_equal(take(make(), 12), take(make(), 12))


def test_another_seed_gives_another_order(make):
    assert differ(take(make(), 2), take(make(seed=1), 2))


def test_neighbouring_seeds_do_not_share_orders():
    orders = [
        tuple(loader.epoch_order(seed, identity, epoch, 50))
        for seed in range(5)
        for identity in "abc"
        for epoch in range(4)
    ]
    assert len(set(orders)) == len(orders)


def test_the_order_is_pinned():
    """Checkpoints hold a position alone: a change of these numbers breaks resumed runs."""
    assert loader.epoch_order(0, "anna", 0, 8).tolist() == PINNED[0]
    assert loader.epoch_order(7, "b", 3, 8).tolist() == PINNED[1]


PINNED = ([5, 4, 3, 6, 1, 7, 2, 0], [6, 7, 1, 4, 3, 2, 5, 0])


def test_every_chip_comes_once_in_each_epoch_in_a_new_order(make, built, names):
    for position, identity in enumerate(built.identities):
        count = built.counts[identity]["train"]
        batches = take(make(), -(-3 * count // BATCH))
        seen = order(batches, position, names[identity])
        epochs = [seen[start : start + count] for start in range(0, 3 * count, count)]
        for epoch in epochs:
            assert sorted(epoch) == sorted(names[identity].values())
        assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_orders_are_shuffled(make, names):
    seen = order(take(make(), 3), 0, names["a"])
    assert seen != sorted(seen)


def test_identities_come_in_the_order_of_their_names(make, names):
    straight, turned = take(make(), 12), take(make(identities=("b", "a")), 12)
    assert_equal(turned, straight)
    assert set(order(straight, 0, names["a"])) <= set(names["a"].values())


def test_the_chips_of_one_do_not_depend_on_the_others(make):
    both, alone = take(make(), 12), take(make(identities=("b",)), 12)
    assert alone[0]["image"].shape == (BATCH, 1, 32, 32, 3)
    assert_equal(alone, [{name: part[:, 1:] for name, part in batch.items()} for batch in both])


@pytest.mark.parametrize(
    "pace",
    [
        {"num_threads": 1, "prefetch": 1},
        {"num_threads": 8, "prefetch": 16},
        {"num_threads": 8, "prefetch": 2},
        {"cache_mb": 0},
    ],
    ids=str,
)
def test_pace_does_not_change_a_byte(make, pace):
    assert_equal(take(make(**pace), 15), take(make(), 15))


def test_a_cache_that_holds_a_part_does_not_change_a_byte(make, built, monkeypatch):
    whole = take(make(), 15)
    monkeypatch.setattr(loader, "_capacities", lambda sources, data: [5, 0])
    assert_equal(take(make(), 15), whole)


def test_the_cache_decodes_what_it_holds_once(built):
    chips, decoded = built.source("a", "train"), []

    class Counted(face_chips.ChipSource):
        def __init__(self):
            pass

        def __len__(self):
            return len(chips)

        def __getitem__(self, index):
            decoded.append(index)
            return chips[index]

    pictures = loader.CachedPictures(Counted(), capacity=5)
    read = [pictures[index] for index in (0, 1, 0, 4, 1, 5, 5)]
    assert decoded == [0, 1, 4, 5, 5]
    np.testing.assert_array_equal(read[0], read[2])
    np.testing.assert_array_equal(read[5], read[6])


def test_the_cache_keeps_within_its_memory(built, data):
    sources = [built.source(name, "train") for name in ("a", "b")]
    whole = [len(chips) for chips in sources]
    assert loader._capacities(sources, data) == whole
    assert loader._capacities(sources, dataclasses.replace(data, cache_mb=0)) == [0, 0]
    large = [_Many(chips) for chips in sources]
    for workers in (0, 4):
        pace = dataclasses.replace(data, cache_mb=64, num_workers=workers)
        kept = loader._capacities(large, pace)
        held = sum(kept) * sources[0].picture_bytes * max(1, workers)
        assert 0.95 * 64 * 2**20 < held <= 64 * 2**20


class _Many(face_chips.ChipSource):
    """A thousand times as many chips."""

    def __init__(self, chips: face_chips.ChipSource):
        self._count = 1000 * len(chips)
        self.picture_bytes = chips.picture_bytes

    def __len__(self) -> int:
        return self._count


def test_worker_processes_take_up_where_threads_stopped(make):
    whole = take(make(), 9)
    threads, workers = make(), make(num_workers=2)
    take(threads, 3)
    workers.seek(threads.position())
    assert_equal(take(workers, 5), whole[3:8])
    threads.seek(workers.position())
    assert_equal(take(threads, 1), whole[8:])


def test_a_position_is_the_number_of_batches_drawn(make):
    batches = make()
    assert batches.position() == {"batches": 0}
    take(batches, 3)
    assert json.loads(json.dumps(batches.position())) == {"batches": 3}


@pytest.mark.parametrize("drawn", [0, 1, 7])
@pytest.mark.parametrize("pace", [{}, {"num_threads": 5, "prefetch": 9}], ids=str)
def test_a_resumed_loader_goes_on_as_if_it_never_stopped(make, drawn, pace):
    whole = take(make(), 12)
    stopped = make()
    take(stopped, drawn)
    resumed = make(**pace)
    resumed.seek(stopped.position())
    assert_equal(take(resumed, 12 - drawn), whole[drawn:])
    assert resumed.position() == {"batches": 12}


def test_seek_goes_back_and_forth(make):
    whole = take(make(), 10)
    batches = make()
    take(batches, 2)
    for drawn in (7, 1, 1, 9, 0):
        batches.seek({"batches": drawn})
        assert_equal(take(batches, 1), whole[drawn : drawn + 1])


def test_seek_far_costs_nothing_and_stays_exact(make, names):
    far = 10**12
    batches, again = make(), make()
    batches.seek({"batches": far})
    take(batches, 1)
    again.seek({"batches": far + 1})
    assert_equal(take(batches, 2), take(again, 2))


@pytest.mark.parametrize(
    "position", [{}, {"batches": -1}, {"batches": 1.5}, {"next_index": 3}, {"batches": "3"}]
)
def test_what_is_no_position_is_refused(make, position):
    with pytest.raises(ValueError, match="A position is"):
        make().seek(position)


@pytest.mark.parametrize("hosts", [1, 2, 3, 6])
def test_hosts_together_hold_the_global_batch(make, hosts):
    whole = take(make(), 7)
    shares = [take(make(shard=(host, hosts)), 7) for host in range(hosts)]
    together = [
        {name: np.concatenate([share[n][name] for share in shares]) for name in whole[0]}
        for n in range(7)
    ]
    assert_equal(together, whole)


def test_a_run_resumes_on_another_number_of_hosts(make):
    whole = take(make(), 6)
    two = make(shard=(1, 2))
    take(two, 4)
    three = make(shard=(2, 3), num_threads=3)
    three.seek(two.position())
    np.testing.assert_array_equal(next(three)["image"], whole[4]["image"][4:])


def test_hosts_that_cannot_share_a_batch_are_refused(make):
    with pytest.raises(ValueError, match="choose a multiple"):
        make(batch_size=5, shard=(0, 2))
    with pytest.raises(ValueError, match="choose a multiple"):
        make(shard=(2, 2))


def test_another_chip_size_is_refused(make):
    with pytest.raises(errors.DatasetError, match=r"32 px, not 64.*--data.chip-size 32"):
        make(chip_size=64)


def test_an_unknown_identity_is_refused(make):
    with pytest.raises(errors.DatasetError, match="no identity 'eve'"):
        make(identities=("a", "eve"))


def test_a_batch_is_larger_than_an_identity(make, built, names):
    batch = next(make(batch_size=40))
    seen = order([batch], 1, names["b"])
    count = built.counts["b"]["train"]
    assert sorted(seen[:count]) == sorted(names["b"].values())


def test_batches_may_be_written_to(make):
    expected = take(make(), 8)
    batches = make()
    found = []
    for _ in range(8):
        batch = next(batches)
        found.append({name: value.copy() for name, value in batch.items()})
        for value in batch.values():
            value[:] = 0  # a batch is the caller's: the cache must not feel it
    assert_equal(found, expected)


def test_a_loader_goes_on_after_close(make):
    batches = make()
    found = take(batches, 2)
    batches.close()
    batches.close()
    assert_equal(found + take(batches, 2), take(make(), 4))


def test_the_cache_stays_behind_when_pictures_are_sent_to_a_worker(built):
    pictures = loader.CachedPictures(built.source("a", "train"), capacity=5)
    first = pictures[0]
    sent = pickle.loads(pickle.dumps(pictures))
    assert sent._kept == {}
    np.testing.assert_array_equal(sent[0], first)


def test_pictures_that_do_not_decode_are_named(built, facesets, data, tmp_path, monkeypatch, make):
    encode = face_chips.images.encode_jpeg
    monkeypatch.setattr(
        face_chips.images, "encode_jpeg", lambda image, quality: encode(image[::2, ::2])
    )
    opened = dataset.build(facesets, tmp_path / "data", data=data)
    with pytest.raises(errors.DatasetError, match=r"Chip \d+ of .*\(a, train\) is broken"):
        next(make(opened=opened))


def test_a_dataset_that_moved_still_loads(built, make, tmp_path):
    moved = shutil.copytree(built.path, tmp_path / "else where")
    assert_equal(take(make(opened=dataset.Dataset.open(moved)), 3), take(make(), 3))


def test_train_and_validation_do_not_mix(built, names):
    for identity in built.identities:
        chips = built.source(identity, dataset_header.SPLITS[1])
        held_out = {chips[i]["key"] for i in range(len(chips))}
        assert not held_out & set(names[identity].values())
