"""What `--model.precision fast` does to a training: its loss beside that of `exact`, step by step.

Both begin with the same parameters and see the same chips. On TPU and GPU the two are one program.
"""

from collections.abc import Sequence
from typing import Any

from benchmarks import measuring, step
from jaxswap import config

CHIPS = 8  # different batches, which come again and again, so that there is something to learn


def losses(chosen: config.Config, *, steps: int) -> list[float]:
    """The loss of each step on smooth random chips."""
    import jax
    import numpy as np

    from jaxswap.training import sharding, state
    from jaxswap.training import step as training_step

    mesh, names = sharding.make_mesh(), measuring.names(2)
    side, batch_size = chosen.data.chip_size, chosen.train.batch_size
    update = training_step.compile_step(chosen, mesh, identities=names)
    current = jax.jit(
        lambda: state.create(chosen, identities=names), out_shardings=sharding.replicated(mesh)
    )()
    found = []
    for number in range(steps):
        rng = np.random.default_rng(number % CHIPS)
        coarse = rng.integers(0, 256, (batch_size, 2, side // 8, side // 8, 3), dtype=np.uint8)
        chips = coarse.repeat(8, axis=2).repeat(8, axis=3)
        batch = {"image": chips, "regions": np.full_like(chips, 255)}
        current, values = update(current, sharding.put_batch(batch, mesh))
        found.append(float(values["loss"]))
    return found


def compare(preset: str, *, batch_size: int, steps: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row of the table, and the losses by precision."""
    found = {
        name: losses(step.choose(preset, batch_size=batch_size, precision=name), steps=steps)
        for name in step.PRECISIONS
    }
    pairs = list(zip(found["fast"], found["exact"], strict=True))
    row = {
        "preset": preset,
        "first loss": pairs[0][1],
        "last loss": pairs[-1][1],
        "largest difference": max(abs(fast - exact) / exact for fast, exact in pairs),
    }
    return row, found


def main(argv: Sequence[str]) -> None:
    """Train each preset twice, print a table, write JSON."""
    parser = measuring.parser(__doc__, "precision", sampled=False)
    parser.add_argument("--presets", nargs="+", default=["quick", "original-2017"])
    parser.add_argument("--batch-size", type=int, default=4, help="of each identity (default: 4)")
    parser.add_argument("--steps", type=int, default=50, help="of each training (default: 50)")
    options = parser.parse_args(argv)
    found = {
        preset: compare(preset, batch_size=options.batch_size, steps=options.steps)
        for preset in options.presets
    }
    measuring.show([row for row, _ in found.values()])
    measuring.write(options.out, options=options, presets=found)
