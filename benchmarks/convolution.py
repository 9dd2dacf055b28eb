"""Each layer of a preset in every formulation, and the parts of its step, on this machine's CPU.

The three parts of a layer (forward pass, gradient of the input, gradient of the kernel) are timed
by themselves, the formulations in turn, so that other load meets all of them. A star marks what
`jaxswap.convolutions.choice.cpu_formulation` takes with --model.precision exact, a plus what it
takes with fast. A layer alone pays for its own pixel shuffles, which XLA cancels between its
neighbours: the step has the last word on blocks.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks import _layers, measuring, step
from jaxswap import config
from jaxswap.convolutions import choice, formulations, winograd

PARTS = ("forward", "input_gradient", "kernel_gradient")


def convolutions(model: config.Model, *, batch_size: int) -> Iterator[_layers.Layer]:
    """Those of two identities that differ in shape."""
    seen = set()
    for layer in _layers.layers(model, batch_size=batch_size):
        shape = layer.x_shape, layer.kernel_shape, layer.stride
        if len(layer.kernel_shape) == 4 and shape not in seen:
            seen.add(shape)
            yield layer


def ways(layer: _layers.Layer, part: str) -> dict[str, Callable[..., Any]]:
    """Every formulation of a part that serves the layer, the chosen ones marked."""
    side, features = layer.kernel_shape[0], layer.kernel_shape[-1]
    sides = layer.x_shape[1:3]
    whole = {"direct": formulations.DIRECT, "product": formulations.PRODUCT}
    few = layer.stride == 1 and features <= choice.FEW_CHANNELS
    if few and all(side % 2 == 0 for side in sides):
        whole["blocks"] = formulations.BLOCKS
    if winograd.serves(side, stride=layer.stride, sides=sides):
        whole["winograd"] = winograd.WINOGRAD
    found = {name: getattr(formulation, part) for name, formulation in whole.items()}
    if part == "kernel_gradient":
        found["taps"] = formulations.taps_kernel_gradient
        if few:
            found["kn2row"] = formulations.kn2row_kernel_gradient
    chosen = {
        mark: choice.cpu_formulation(
            layer.x_shape, layer.kernel_shape, stride=layer.stride, precision=precision
        )
        for mark, precision in (("*", "exact"), ("+", "fast"))
    }
    return {
        name + "".join(mark for mark, one in chosen.items() if getattr(one, part) is way): way
        for name, way in found.items()
    }


def time_part(layer: _layers.Layer, part: str, *, rounds: int) -> dict[str, list[measuring.Sample]]:
    """Samples of each formulation."""
    import jax
    import numpy as np

    rng = np.random.default_rng(0)
    shapes = [layer.x_shape, layer.kernel_shape]
    shapes += [layer.y_shape] if part != "forward" else []
    arrays = [jax.device_put(rng.standard_normal(shape, np.float32)) for shape in shapes]
    works = {}
    for name, way in ways(layer, part).items():
        compiled = jax.jit(functools.partial(way, stride=layer.stride))
        works[name] = lambda compiled=compiled: jax.block_until_ready(compiled(*arrays))
    return measuring.interleaved(works, rounds=rounds)


def time_step(chosen: config.Config, *, rounds: int) -> dict[str, list[measuring.Sample]]:
    """Samples of the parts of a training step, each a program of its own."""
    import jax
    import jax.numpy as jnp

    from jaxswap.training import optimizers, state
    from jaxswap.training import step as training_step

    shown = measuring.names(2)
    now = jax.jit(lambda: state.create(chosen, identities=shown))()
    side = chosen.data.chip_size
    shape = (chosen.train.batch_size, 2, side, side, 3)
    chips = jax.random.randint(jax.random.key(0), shape, 0, 256).astype(jnp.uint8)
    batch = {"image": chips, "regions": chips}
    augment = jax.jit(functools.partial(training_step.augmented_batch, chosen))
    pictures = augment(now.step, batch)

    def loss(params: Any, pictures: Any) -> jax.Array:
        return training_step.loss_and_parts(params, chosen, pictures, identities=shown)[0]

    forward, both = jax.jit(loss), jax.jit(jax.grad(loss))
    adam = jax.jit(optimizers.make_optimizer(chosen.optimizer).update)
    works = {
        "augmentation": lambda: augment(now.step, batch),
        "forward": lambda: forward(now.params, pictures),
        "forward and backward": lambda: both(now.params, pictures),
        "adam": lambda: adam(now.params, now.opt_state, now.params),
    }
    return measuring.interleaved(
        {name: lambda work=work: jax.block_until_ready(work()) for name, work in works.items()},
        rounds=rounds,
    )


def rows(
    samples: Mapping[str, Sequence[measuring.Sample]], *, what: str, part: str
) -> list[dict[str, Any]]:
    """Of the table."""
    return [
        {
            "what": what,
            "part": part,
            "how": how,
            "wall ms": measuring.spread([1e3 * one.wall_s for one in taken]),
            "CPU ms": measuring.spread([1e3 * one.cpu_s for one in taken]),
        }
        for how, taken in samples.items()
    ]


def main(argv: Sequence[str]) -> None:
    """Measure, print a table, write JSON."""
    parser = measuring.parser(__doc__, "convolution")
    parser.add_argument("--preset", default="original-2017")
    parser.add_argument("--batch-size", type=int, default=16, help="of each identity (default: 16)")
    parser.add_argument("--precision", choices=step.PRECISIONS, help="of the step's parts")
    options = parser.parse_args(argv)
    chosen = step.choose(options.preset, batch_size=options.batch_size, precision=options.precision)
    found: list[dict[str, Any]] = []
    for layer in convolutions(chosen.model, batch_size=options.batch_size):
        for part in PARTS:
            taken = time_part(layer, part, rounds=options.rounds)
            found += rows(taken, what=layer.name, part=part)
    found += rows(time_step(chosen, rounds=options.rounds), what="step", part="")
    measuring.show(found)
    measuring.write(options.out, options=options, rows=found)
