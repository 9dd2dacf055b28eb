"""The same layers in plain PyTorch, on the same device: see `benchmarks/_torch_models.py`.

Channels last, fused Adam, eager and by `torch.compile`. bfloat16 is autocast; float32 is multiplied
as TF32, which is JAX's default, too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import _layers, measuring
from benchmarks._accelerator import peaks, sections, steps, timing


def measure(
    tell: sections.Teller,
    *,
    cases: Sequence[Mapping[str, Any]],
    variants: Sequence[str],
    pace: Sequence[float],
) -> None:
    """A section: a row for each case and variant, the quick ones first."""
    found = [(steps.Case.of(settings), variant) for variant in variants for settings in cases]
    tell.plan([_name(case, variant) for case, variant in found])
    for case, variant in found:
        with tell.attempt(_name(case, variant)):
            tell.row(_name(case, variant), row(case, variant, pace=timing.Pace(*pace)))


def _name(case: steps.Case, variant: str) -> str:
    return f"{case.name}, torch {variant}"


def row(case: steps.Case, variant: str, *, pace: timing.Pace) -> dict[str, Any]:
    """Measure a variant."""
    import torch

    from benchmarks import _torch_models
    from jaxswap import config

    chosen, device = case.configuration, "cuda" if torch.cuda.is_available() else "cpu"
    on_gpu = device == "cuda"
    torch.compiler.reset()  # or it would compile the next batch for batches of any size
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True  # choose kernels by their time, as XLA does
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    work = _torch_models.train_step(
        configuration=config.to_dict(chosen),
        num_identities=steps.NUM_IDENTITIES,
        variant=variant,
        device=device,
    )

    def call(number: int) -> None:
        for _ in range(number):
            work()
        if on_gpu:
            torch.cuda.synchronize()

    first = measuring.sample(lambda: call(1))
    seconds = timing.spread(call, pace=pace)
    images = chosen.train.batch_size * steps.NUM_IDENTITIES
    flop = _layers.step_flop(_layers.layers(chosen.model, batch_size=chosen.train.batch_size))
    kind = torch.cuda.get_device_name() if on_gpu else "cpu"
    peak = peaks.flops(kind, dtype=chosen.model.dtype, matmul=None)
    return steps.described(case.preset, f"torch {variant}", chosen) | {
        "step ms": timing.milliseconds(seconds),
        "images/s": timing.inverse(seconds, units=images),
        "TFLOP/s": flop / 1e12 / seconds.median,
        "of the peak": "" if peak is None else flop / peak / seconds.median,
        "first step s": first.wall_s,
        "peak MiB": torch.cuda.max_memory_allocated() / 2**20 if on_gpu else "",
    }
