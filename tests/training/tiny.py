"""A training of seconds, also as a program: python tiny.py RUN_DIR key=value...

Keys: steps, seed, fsdp, term_at, kill_at, freeze_at (a signal to itself when that batch is drawn),
pause (seconds at each batch), port, hosts, process, patience (one of many hosts), report (an .npz
to write gradients, losses and augmented pixels to, instead of training), source (a run whose
latest checkpoint is read and saved again, instead).
"""

import dataclasses
import hashlib
import os
import signal
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from jaxswap import config, errors
from jaxswap.events import SILENT, Events
from jaxswap.training import hosts as training_hosts

IDENTITIES = ["a", "b"]
MANIFEST = {"identities": [{"name": name} for name in IDENTITIES], "preset": "tiny"}

CHIP_SIZE = 24

CONFIG = config.Config(
    seed=5,
    steps=6,
    data=config.DataConfig(chip_size=CHIP_SIZE),
    model=config.SharedInter(
        image_size=16,
        encoder=config.ConvEncoder(features=(8, 16)),
        inter=config.DenseInter(bottleneck=16, features=8, upscale=16),
        decoder=config.Decoder(features=(8,)),
        mask=config.MaskHead(features=(8,)),
    ),
    loss=config.LossConfig(dssim=0.5, masked=True, eyes=1.0),
    optimizer=config.Adam(learning_rate=1e-3, warmup_steps=2, ema=0.9),
    train=config.TrainConfig(batch_size=8, save_every=3, keep=2, log_every=2, preview_every=100),
)


def chips(seed: int, *, count: int = 12, size: int = CHIP_SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Smooth random pictures and a round mask in every channel of the regions."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, size // 6, size // 6, 3), dtype=np.uint8)
    images = coarse.repeat(6, axis=1).repeat(6, axis=2)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    mask = np.where(x**2 + y**2 < (size / 3) ** 2, 255, 0).astype(np.uint8)
    return images, np.broadcast_to(mask[None, :, :, None], images.shape).copy()


VALIDATION = {name: chips(index) for index, name in enumerate(IDENTITIES)}


class Said(Events):
    """Writes the messages where a person who started the program reads them."""

    def message(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")


class MemoryLoader:
    """Batches as a function of (seed, position); this process's rows of each."""

    def __init__(self, configuration: config.Config, *, on_batch=lambda n: None, shard=(0, 1)):
        self._configuration = configuration
        self._on_batch = on_batch
        self._shard = shard
        self._n = 0

    def __next__(self) -> dict[str, np.ndarray]:
        rng = np.random.default_rng([self._configuration.seed, self._n])
        size = self._configuration.train.batch_size
        rows = [rng.integers(0, 12, size) for _ in IDENTITIES]
        self._n += 1
        self._on_batch(self._n)
        shard, shards = self._shard
        mine = slice(shard * size // shards, (shard + 1) * size // shards)
        parts = [
            np.stack([VALIDATION[n][part][r] for n, r in zip(IDENTITIES, rows, strict=True)], 1)
            for part in (0, 1)
        ]
        return {"image": parts[0][mine], "regions": parts[1][mine]}

    def position(self) -> dict[str, int]:
        return {"batches": self._n}

    def seek(self, position: dict[str, int]) -> None:
        self._n = position["batches"]


def create(mesh, configuration: config.Config = CONFIG, *, identities=tuple(IDENTITIES)):
    """The first state, as the mesh holds it."""
    import jax

    from jaxswap.training import sharding, state

    shapes = state.shapes(configuration, identities=identities)
    return jax.jit(
        lambda: state.create(configuration, identities=identities),
        out_shardings=sharding.split_all(shapes, mesh),
    )()


def train(
    run_dir: Path, configuration: config.Config = CONFIG, *, events: Events = SILENT, **loader
) -> int:
    from jaxswap.training import loop, sharding

    return loop.train(
        configuration,
        mesh=sharding.training_mesh(configuration.train),
        run_dir=run_dir,
        identities=IDENTITIES,
        manifest=MANIFEST,
        loader=MemoryLoader(configuration, **loader),
        validation=VALIDATION,
        events=events,
    )


def report(path: Path, configuration: config.Config, **loader) -> None:
    """Augmented pixels and gradients of the first batch; sums of all batches, and their losses."""
    import jax

    from jaxswap.training import sharding, step

    mesh = sharding.training_mesh(configuration.train)
    batches = MemoryLoader(configuration, **loader)
    current = create(mesh, configuration)
    first = sharding.put_batch(next(batches), mesh)

    def gradients(params, batch):
        augmented = step.augmented_batch(configuration, np.int32(0), batch)
        _, _, found = step.mean_gradients(
            configuration, mesh, params, augmented, identities=IDENTITIES
        )
        return augmented, found

    augmented, found = jax.jit(gradients)(current.params, first)
    kernel = found["inter"]["Upscale_0"]["Conv_0"]["kernel"]  # the largest: it is split
    parts = kernel.size // kernel.addressable_data(0).size
    augmented, found, start = sharding.local_copy((augmented._asdict(), found, current.params))
    arrays = {f"pixels/{name}": np.asarray(array) for name, array in augmented.items()}
    for name, tree in (("gradient", found), ("start", start)):
        for place, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
            arrays[name + jax.tree_util.keystr(place)] = np.asarray(leaf)
    step_fn = step.make_step(configuration, mesh, identities=IDENTITIES)
    losses, sums = [], []
    batch = first
    for _ in range(configuration.steps):
        sums.append(zlib.crc32(np.asarray(sharding.local_copy(batch["image"])).tobytes()))
        current, values = step_fn(current, batch)
        losses.append(float(values["loss"]))
        batch = sharding.put_batch(next(batches), mesh)
    if jax.process_index() == 0:
        np.savez(path, losses=losses, sums=sums, devices=jax.device_count(), parts=parts, **arrays)


def save_again(source: Path, run_dir: Path, configuration: config.Config) -> str:
    """The latest checkpoint of a run on these devices, saved as another run's: its SHA-256."""
    import jax

    from jaxswap import checkpoints, runs
    from jaxswap.training import sharding, state

    mesh = sharding.training_mesh(configuration.train)
    shapes = state.shapes(configuration, identities=IDENTITIES)
    steps = runs.Run.open(source).steps()
    with checkpoints.Store(source / "checkpoints") as store:
        restored, position = store.restore(steps[-1], sharding.placed(shapes, mesh))
    run = runs.Run(
        path=run_dir, config=configuration, identities=tuple(IDENTITIES), manifest=MANIFEST
    )
    run.write()
    with checkpoints.Store(run.checkpoints_dir, keep=1) as store:
        store.save(steps[-1], restored, position=position, manifest={})
        store.wait()
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(sharding.local_copy(restored)):
        digest.update(np.asarray(leaf).tobytes())
    return digest.hexdigest()


def main(run_dir: Path, options: dict[str, str]) -> int:
    configuration = dataclasses.replace(
        CONFIG,
        steps=int(options.get("steps", 6)),
        seed=int(options.get("seed", 5)),
        train=dataclasses.replace(CONFIG.train, fsdp=int(options.get("fsdp", 1))),
    )
    hosts, loader = training_hosts.ALONE, {}
    if "port" in options:
        process, count = int(options["process"]), int(options["hosts"])
        coordinator = f"127.0.0.1:{options['port']}"
        hosts = training_hosts.Hosts(join=True, coordinator=coordinator, count=count, index=process)
        loader["shard"] = (process, count)
    with hosts.joined(patience_seconds=int(options.get("patience", 120))):
        return work(run_dir, configuration, options, loader)


def work(
    run_dir: Path, configuration: config.Config, options: dict[str, str], loader: dict[str, Any]
) -> int:
    if "report" in options:
        report(Path(options["report"]), configuration, **loader)
        return 0
    if "source" in options:
        sys.stdout.write(save_again(Path(options["source"]), run_dir, configuration))
        return 0

    def on_batch(n: int) -> None:
        time.sleep(float(options.get("pause", 0)))
        if n == int(options.get("freeze_at", -1)):
            os.kill(os.getpid(), signal.SIGSTOP)
        if n == int(options.get("term_at", -1)):
            os.kill(os.getpid(), signal.SIGTERM)
        if n == int(options.get("kill_at", -1)):
            while not (run_dir / "checkpoints" / "3").is_dir():
                time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGKILL)

    loader["on_batch"] = on_batch
    reached = train(run_dir, configuration, events=Said(), **loader)
    from jaxswap import runs

    sys.stdout.write(f"step {reached} {runs.Run.open(run_dir).fingerprint()}\n")
    return 0 if reached == configuration.steps else os.EX_TEMPFAIL


def program(run_dir: Path, options: dict[str, str]) -> int:
    try:
        return main(run_dir, options)
    except errors.JaxswapError as error:
        sys.stderr.write(f"jaxswap: {error}\n")
        return 1


if __name__ == "__main__":
    code = program(Path(sys.argv[1]), dict(argument.split("=", 1) for argument in sys.argv[2:]))
    sys.exit(code)
