"""Speed of float32 matrix products on this machine: the peak that a training step is held against.

The first shape is large and square, the others are the forward passes of a preset's layers, each
as one matrix product. XLA's and, where it is installed, PyTorch's run in turn, on all threads that
either takes by itself.
"""

import argparse
import contextlib
import importlib.util
from collections.abc import Callable, Sequence

from benchmarks import measuring, workers

PEAK = (2048, 2048, 2048)
SAMPLE_FLOP = 2e10  # a tenth of a second or more on a few cores
MOST_REPEATS = 1000

Shape = tuple[int, int, int]


def flop(shape: Shape) -> int:
    """Operations of one product, a multiply-accumulate counted as two."""
    rows, inner, columns = shape
    return 2 * rows * inner * columns


def repeats(shape: Shape) -> int:
    """Products in one sample."""
    return max(1, min(MOST_REPEATS, round(SAMPLE_FLOP / flop(shape))))


def rate(taken: measuring.Sample, shape: Shape, *, field: str = "wall_s") -> float:
    """GFLOP of one sample in a second, of the wall or of all threads (`cpu_s`)."""
    return repeats(shape) * flop(shape) / getattr(taken, field) / 1e9


def xla(*, shape: Sequence[int]) -> Callable[[], None]:
    """A work for `benchmarks.workers`: products by XLA."""
    import jax

    rows, inner, columns = shape
    a = jax.random.normal(jax.random.key(0), (rows, inner))
    b = jax.random.normal(jax.random.key(1), (inner, columns))
    product = jax.jit(jax.numpy.dot)

    def work() -> None:
        for _ in range(repeats((rows, inner, columns))):
            product(a, b).block_until_ready()

    return work


def torch(*, shape: Sequence[int]) -> Callable[[], None]:
    """A work for `benchmarks.workers`: products by PyTorch."""
    import torch

    rows, inner, columns = shape
    a, b = torch.randn(rows, inner), torch.randn(inner, columns)

    def work() -> None:
        for _ in range(repeats((rows, inner, columns))):
            torch.mm(a, b)

    return work


def layer_shapes(preset: str, *, batch_size: int) -> dict[str, Shape]:
    """The distinct products of a preset's layers, by the first layer that has each."""
    from benchmarks import _layers
    from jaxswap import presets

    found: dict[Shape, str] = {}
    for layer in _layers.layers(presets.PRESETS[preset].model, batch_size=batch_size):
        found.setdefault(layer.product, layer.name)
    return {name: shape for shape, name in found.items()}


def _shape(text: str) -> Shape:
    parts = [int(part) for part in text.split("x")]
    if len(parts) != 3 or min(parts) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no ROWSxINNERxCOLUMNS, such as 2048x2048x2048")
    return parts[0], parts[1], parts[2]


def main(argv: Sequence[str]) -> None:
    """Measure each shape, print a table, write JSON."""
    parser = measuring.parser(__doc__, "gemm")
    parser.add_argument("--preset", default="original-2017", help="whose layers")
    parser.add_argument("--batch-size", type=int, default=16, help="of each identity (default: 16)")
    parser.add_argument("--shapes", nargs="+", type=_shape, help="instead of a preset's layers")
    options = parser.parse_args(argv)
    if options.shapes:
        named = {"x".join(map(str, shape)): shape for shape in options.shapes}
    else:
        named = {"peak": PEAK, **layer_shapes(options.preset, batch_size=options.batch_size)}
    libraries = ["xla", "torch"] if importlib.util.find_spec("torch") else ["xla"]
    rows, samples = [], {}
    for name, shape in named.items():
        with contextlib.ExitStack() as stack:
            working = {
                library: stack.enter_context(
                    workers.Worker(f"benchmarks.gemm:{library}", shape=shape)
                )
                for library in libraries
            }
            taken = workers.interleaved(working, rounds=options.rounds)
        samples[name] = taken
        rates = {
            f"{library} GFLOP/s": measuring.spread([rate(one, shape) for one in taken[library]])
            for library in libraries
        }
        rows.append({"what": name, "shape": "x".join(map(str, shape)), **rates})
    measuring.show(rows)
    measuring.write(options.out, options=options, rows=rows, samples=samples)
