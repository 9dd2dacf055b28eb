"""Time and memory of one training step, against the same layers in plain PyTorch.

Workers that stay take their turns: this machine's matrix product, our step and PyTorch's. Rows:

  jaxswap step     as `jaxswap train` runs it: augmentation, the preset's own model and losses
  jaxswap network  what PyTorch's rows do: the same layers with plain L1, augmented before
  torch ...        eager or compiled, NCHW or NHWC (channels last), both identities in one call of
                   the encoder, fused Adam; without mask and visible heads, on pictures augmented
                   before

Ours run with the large pages that the command asks glibc for. PyTorch runs as it is, and its first
variant once more with large pages, which no PyTorch user has by default.

Ratios are by round, to PyTorch's row of the least median without and with large pages. The share
of the peak is what direct convolution would take at the speed of XLA's matrix product in the same
round, over what was taken: Winograd's convolution may exceed 1. On a loaded machine the figures by
CPU seconds are the steady ones. XLA GFLOP is XLA's own count of what it does.
"""

import contextlib
import dataclasses
import functools
import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks import gemm, measuring, workers
from jaxswap import config, presets

TORCH = ("eager-nchw", "eager-nhwc", "compiled-nchw")
LARGE_PAGES = " with large pages"
PRECISIONS = ("fast", "exact")


@dataclasses.dataclass
class Chain:
    """Updates one after the other, each on the state that the last one left."""

    step: Callable[[Any, Any], tuple[Any, Any]]
    state: Any
    batch: Any
    facts: dict[str, Any]

    def __call__(self) -> None:
        import jax

        self.state, metrics = self.step(self.state, self.batch)
        jax.block_until_ready((self.state, metrics))


def choose(
    preset: str, *, batch_size: int, image_size: int | None = None, precision: str | None = None
) -> config.Config:
    """A preset at another batch and image size; its chips grow with the images."""
    chosen = presets.PRESETS[preset]
    model, data = chosen.model, chosen.data
    if image_size is not None:
        chip_size = data.chip_size * image_size // model.image_size
        data = dataclasses.replace(data, chip_size=chip_size)
        model = dataclasses.replace(model, image_size=image_size)
    if precision is not None:
        model = dataclasses.replace(model, precision=precision)
    train = dataclasses.replace(chosen.train, batch_size=batch_size)
    return dataclasses.replace(chosen, data=data, model=model, train=train)


def plain(configuration: config.Config) -> config.Config:
    """Without what the PyTorch model leaves out."""
    return dataclasses.replace(
        configuration,
        model=dataclasses.replace(configuration.model, mask=None, visible=None),
        loss=config.LossConfig(),
        optimizer=dataclasses.replace(configuration.optimizer, ema=0.0),
    )


def whole_step(*, configuration: dict[str, Any], num_identities: int) -> Chain:
    """A work for `benchmarks.workers`: the step of `jaxswap train` on random chips."""
    import numpy as np

    from jaxswap.training import sharding
    from jaxswap.training import step as training_step

    chosen: config.Config = config.from_dict(config.Config, configuration)
    mesh, side = sharding.make_mesh(), chosen.data.chip_size
    shape = (chosen.train.batch_size, num_identities, side, side, 3)
    rng = np.random.default_rng(0)
    chips = {name: rng.integers(0, 256, shape, dtype=np.uint8) for name in ("image", "regions")}
    step = training_step.make_step(chosen, mesh, identities=measuring.names(num_identities))
    return _chain(step, chosen, num_identities, sharding.put_batch(chips, mesh))


def network_step(*, configuration: dict[str, Any], num_identities: int) -> Chain:
    """A work for `benchmarks.workers`: forward, loss and update on a batch augmented already."""
    chosen: config.Config = config.from_dict(config.Config, configuration)
    step, batch = network(chosen, num_identities=num_identities)
    return _chain(step, chosen, num_identities, batch)


def network(chosen: config.Config, *, num_identities: int) -> tuple[Any, Any]:
    """Forward, loss and update on a batch augmented already, not compiled yet, and such a batch."""
    import jax
    import optax

    from jaxswap.augmentation import recipe
    from jaxswap.training import optimizers, sharding, state
    from jaxswap.training import step as training_step

    optimizer = optimizers.make_optimizer(chosen.optimizer)

    def step(before: state.TrainState, batch: recipe.Augmented) -> tuple[state.TrainState, Any]:
        (loss, _), gradients = jax.value_and_grad(training_step.loss_and_parts, has_aux=True)(
            before.params, chosen, batch, identities=measuring.names(num_identities)
        )
        updates, opt_state = optimizer.update(gradients, before.opt_state, before.params)
        params = optax.apply_updates(before.params, updates)
        return before.replace(step=before.step + 1, params=params, opt_state=opt_state), loss

    side = chosen.model.image_size
    shape = (chosen.train.batch_size, num_identities, side, side, 3)
    keys = jax.random.split(jax.random.key(0), len(recipe.Augmented._fields))
    batch = recipe.Augmented(*[jax.random.uniform(key, shape) for key in keys])
    batch = batch._replace(warped_visible=batch.warped_visible[..., :1])
    options = training_step.compiler_options(sharding.make_mesh())
    return jax.jit(step, donate_argnums=0, compiler_options=options), batch


def _chain(step: Any, chosen: config.Config, num_identities: int, batch: Any) -> Chain:
    import jax

    from jaxswap.training import sharding, state

    create = jax.jit(
        lambda: state.create(chosen, identities=measuring.names(num_identities)),
        out_shardings=sharding.replicated(sharding.make_mesh()),
    )
    compiled: list[Any] = []
    first = create()
    taken = measuring.sample(lambda: compiled.append(step.lower(first, batch).compile()))
    counted = compiled[0].cost_analysis() or {}
    facts = {"compile_s": taken.wall_s, "xla_gflop": counted.get("flops", 0.0) / 1e9}
    return Chain(compiled[0], first, batch, facts)


def missing(variant: str) -> str | None:
    """Why PyTorch's row cannot be measured here, or None."""
    if importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed: make bench NAME=step"
    compiler = os.environ.get("CXX", "g++")
    if variant.startswith("compiled") and shutil.which(compiler) is None:
        return f"torch.compile needs a C++ compiler and {compiler} is not there"
    return None


def torch_worker(
    configuration: config.Config,
    *,
    variant: str,
    num_identities: int = 2,
    env: Mapping[str, str] | None = None,
) -> workers.Worker:
    """PyTorch's step of the same layers."""
    return workers.Worker(
        "benchmarks._torch_models:train_step",
        env=env,
        configuration=config.to_dict(configuration),
        num_identities=num_identities,
        variant=variant,
    )


def own_worker(
    configuration: config.Config, *, work: str, num_identities: int = 2
) -> workers.Worker:
    """Our step: `work` is `whole_step` or `network_step`."""
    return workers.Worker(
        f"benchmarks.step:{work}",
        env=large_pages(),
        configuration=config.to_dict(configuration),
        num_identities=num_identities,
    )


def large_pages() -> dict[str, str]:
    """The environment that the command gives itself."""
    from jaxswap.cli import environment

    environ = {"GLIBC_TUNABLES": os.environ.get("GLIBC_TUNABLES", "")}
    environment.ask_for_large_pages(environ)
    return environ


def compare(
    configuration: config.Config, *, variants: Sequence[str], rounds: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of the table and the samples, for one configuration."""
    from benchmarks import _layers

    same = plain(configuration)
    starts: dict[str, Callable[[], workers.Worker]] = {
        "gemm": lambda: workers.Worker("benchmarks.gemm:xla", shape=gemm.PEAK),
        "jaxswap step": lambda: own_worker(configuration, work="whole_step"),
        "jaxswap network": lambda: own_worker(same, work="network_step"),
    }
    for variant in variants:
        starts[f"torch {variant}"] = functools.partial(torch_worker, same, variant=variant)
    if variants:
        starts[f"torch {variants[0]}{LARGE_PAGES}"] = functools.partial(
            torch_worker, same, variant=variants[0], env=large_pages()
        )
    with contextlib.ExitStack() as stack:
        working = {name: stack.enter_context(start()) for name, start in starts.items()}
        samples = workers.interleaved(working, rounds=rounds)
    models = dict.fromkeys(working, same.model) | {"jaxswap step": configuration.model}
    flop = {
        name: _layers.step_flop(_layers.layers(model, batch_size=configuration.train.batch_size))
        for name, model in models.items()
    }
    rows = [
        row(name, working[name], samples, flop=flop[name]) for name in working if name != "gemm"
    ]
    return rows, samples


def row(
    name: str,
    worker: workers.Worker,
    samples: Mapping[str, Sequence[measuring.Sample]],
    *,
    flop: int,
) -> dict[str, Any]:
    """What one worker took."""
    taken = samples[name]
    torch = [other for other in samples if other.startswith("torch")]
    paged = [other for other in torch if other.endswith(LARGE_PAGES)]
    best = _quickest([other for other in torch if other not in paged], samples)
    best_paged = _quickest(paged, samples)

    def of_the_peak(field: str) -> measuring.Spread:
        rates = [gemm.rate(one, gemm.PEAK, field=field) for one in samples["gemm"]]
        pairs = zip(taken, rates, strict=True)
        return measuring.spread([flop / 1e9 / rate / getattr(one, field) for one, rate in pairs])

    facts = worker.prepared["facts"]
    return {
        "who": name,
        "wall ms": measuring.spread([1e3 * one.wall_s for one in taken]),
        "CPU ms": measuring.spread([1e3 * one.cpu_s for one in taken]),
        "to best torch": _ratios(taken, samples, best),
        "CPU to torch": _ratios(taken, samples, best, field="cpu_s"),
        "to paged torch": _ratios(taken, samples, best_paged),
        "CPU to paged": _ratios(taken, samples, best_paged, field="cpu_s"),
        "of the peak": of_the_peak("wall_s"),
        "of the peak by CPU": of_the_peak("cpu_s"),
        "GFLOP": flop / 1e9,
        "XLA GFLOP": facts.get("xla_gflop", ""),
        "compile s": facts.get("compile_s", ""),
        "first s": worker.prepared["wall_s"] + worker.prepared["first"]["wall_s"],
        "peak MiB": round(worker.peak_mib),
    }


def _quickest(
    names: Sequence[str], samples: Mapping[str, Sequence[measuring.Sample]]
) -> str | None:
    return min(
        names,
        key=lambda name: measuring.spread([one.wall_s for one in samples[name]]).median,
        default=None,
    )


def _ratios(
    taken: Sequence[measuring.Sample],
    samples: Mapping[str, Sequence[measuring.Sample]],
    other: str | None,
    *,
    field: str = "wall_s",
) -> measuring.Spread | str:
    return "" if other is None else measuring.ratios(taken, samples[other], field=field)


def main(argv: Sequence[str]) -> None:
    """Measure each preset, print a table, write JSON."""
    parser = measuring.parser(__doc__, "step")
    parser.add_argument("--presets", nargs="+", default=["quick", "original-2017"])
    parser.add_argument("--batch-size", type=int, default=16, help="of each identity (default: 16)")
    parser.add_argument("--precision", choices=PRECISIONS, help="of our convolutions")
    parser.add_argument("--torch", nargs="*", default=TORCH, metavar="VARIANT", help=f"{TORCH}")
    options = parser.parse_args(argv)
    absent = {name: missing(name) for name in options.torch}
    variants = [name for name, reason in absent.items() if reason is None]
    found: dict[str, Any] = {}
    for preset in options.presets:
        chosen = choose(preset, batch_size=options.batch_size, precision=options.precision)
        rows, samples = compare(chosen, variants=variants, rounds=options.rounds)
        print(f"{preset}, batch {options.batch_size}, load {os.getloadavg()[0]:.1f}")
        measuring.show(rows)
        found[preset] = {"rows": rows, "samples": samples}
    for name, reason in absent.items():
        if reason is not None:
            print(f"torch {name}: not measured. {reason}")
    measuring.write(options.out, options=options, missing=absent, presets=found)
