"""Each layer of a preset in every formulation, and the whole training step, on this machine's CPU.

The three parts of a layer (forward pass, gradient of the input, gradient of the kernel) are timed
by themselves, the formulations in turn, so that other load meets all of them. Wall seconds are
the least of the rounds; CPU seconds, over all threads, their median. A star marks what
`jaxswap.models.convolution.cpu_formulation` takes. A layer alone pays for its own pixel shuffles,
which XLA cancels between neighbours: the step has the last word on blocks.

    python benchmarks/convolution.py [--preset NAME] [--batch-size N] [--rounds N] [--out FILE.json]
"""

import argparse
import functools
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxswap import config, presets
from jaxswap.models import convolution, formulations

PARTS = ("forward", "input_gradient", "kernel_gradient")


def layers(
    model: config.ModelConfig, *, batch_size: int
) -> Iterator[tuple[str, tuple, tuple, int]]:
    """Name, shape of the input, shape of the kernel and stride, for two identities."""
    merged, side, channels = 2 * batch_size, model.image_size, 3
    for number, features in enumerate(model.encoder_features, 1):
        yield f"encoder {number}", (merged, side, side, channels), (5, 5, channels, features), 2
        side, channels = side // 2, features
    channels, latent = model.inter_features, model.inter_upscale_features
    yield "inter", (merged, side, side, channels), (3, 3, channels, 4 * latent), 1
    heads = [("decoder", model.decoder_features, 3)]
    heads += [("mask head", model.mask_features, 1)] if model.mask_head else []
    for name, widths, pictures in heads:
        size, channels = 2 * side, latent
        for number, features in enumerate(widths, 1):
            shape, kernel = (batch_size, size, size, channels), (3, 3, channels, 4 * features)
            yield f"{name} {number}", shape, kernel, 1
            size, channels = 2 * size, features
        yield f"{name} out", (batch_size, size, size, channels), (5, 5, channels, pictures), 1


def alternately(calls: dict[str, Callable[[], Any]], *, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each call, taken in turn; the first round, which compiles, is not counted."""
    wall: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            start, start_cpu = time.perf_counter(), time.process_time()
            jax.block_until_ready(call())
            if number:
                wall[name].append(1e3 * (time.perf_counter() - start))
                cpu[name].append(1e3 * (time.process_time() - start_cpu))
    return {
        name: {"wall_ms": min(wall[name]), "cpu_ms": float(np.median(cpu[name]))} for name in calls
    }


def time_layer(
    x_shape: tuple[int, ...], kernel_shape: tuple[int, ...], stride: int, *, rounds: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Milliseconds by part and formulation."""
    rng = np.random.default_rng(0)
    side = -(-x_shape[1] // stride)
    shapes = x_shape, kernel_shape, (x_shape[0], side, side, kernel_shape[-1])
    x, kernel, dy = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes)
    named = {"direct": formulations.DIRECT, "product": formulations.PRODUCT}
    if stride == 1 and side % 2 == 0 and kernel_shape[-1] <= convolution.FEW_CHANNELS:
        named["blocks"] = formulations.BLOCKS
    chosen = convolution.cpu_formulation(x_shape, kernel_shape, stride=stride)
    results = {}
    for part in PARTS:
        arrays = (x, kernel) if part == "forward" else (x, kernel, dy)
        calls = {
            name + "*" * (getattr(chosen, part) is getattr(formulation, part)): functools.partial(
                jax.jit(functools.partial(getattr(formulation, part), stride=stride)), *arrays
            )
            for name, formulation in named.items()
        }
        results[part] = alternately(calls, rounds=rounds)
    return results


def time_step(
    preset: config.Config, *, batch_size: int, rounds: int
) -> dict[str, dict[str, float]]:
    """Milliseconds of the parts of a training step, without the host's share of it."""
    import optax

    from jaxswap.augmentation import recipe
    from jaxswap.losses import weighting
    from jaxswap.models import autoencoder

    model, key, chip = preset.model, jax.random.key(0), preset.data.chip_size
    params = jax.jit(lambda key: autoencoder.init(key, model, num_identities=2))(key)
    rng = np.random.default_rng(0)
    chips = jnp.asarray(rng.integers(0, 256, (batch_size, 2, chip, chip, 3), dtype=np.uint8))
    adam = optax.adam(1e-4)
    moments = adam.init(params)

    def augment(chips: Any) -> Any:
        return recipe.augment(
            key, chips, chips, size=model.image_size, augmentation=preset.augmentation
        )

    def loss(params: Any, pictures: Any) -> Any:
        masks = pictures.warped_regions[..., :1]
        outputs = autoencoder.reconstruct(params, model, pictures.warped, masks=masks)
        return weighting.training_loss(
            outputs, pictures.target, pictures.target_regions, preset.loss
        )[0]

    def step(params: Any, moments: Any, chips: Any) -> Any:
        updates, moments = adam.update(jax.grad(loss)(params, augment(chips)), moments)
        return optax.apply_updates(params, updates), moments

    pictures = jax.jit(augment)(chips)
    start = time.perf_counter()
    compiled = jax.jit(step).lower(params, moments, chips).compile()
    compile_ms = 1e3 * (time.perf_counter() - start)
    calls = {
        "step": functools.partial(compiled, params, moments, chips),
        "forward": functools.partial(jax.jit(loss), params, pictures),
        "forward and backward": functools.partial(jax.jit(jax.grad(loss)), params, pictures),
        "augmentation": functools.partial(jax.jit(augment), chips),
        "adam": functools.partial(jax.jit(adam.update), params, moments),
    }
    return alternately(calls, rounds=rounds) | {"compile": {"wall_ms": compile_ms}}


def main() -> None:
    """Measure, print a table and write the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=presets.PRESETS, default="quick")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    preset = presets.PRESETS[options.preset]
    results: dict[str, Any] = {"layers": {}, "load": os.getloadavg()}
    results["machine"] = {"processor": platform.processor(), "cores": os.cpu_count()}
    print(f"load {os.getloadavg()[0]:.1f}; ms wall / ms CPU")
    for name, *layer in layers(preset.model, batch_size=options.batch_size):
        timed = time_layer(*layer, rounds=options.rounds)
        results["layers"][name] = timed
        for part, figures in timed.items():
            line = "  ".join(
                f"{how} {ms['wall_ms']:.1f}/{ms['cpu_ms']:.1f}" for how, ms in figures.items()
            )
            print(f"{name:12s} {part:16s} {line}", flush=True)
    results["step"] = time_step(preset, batch_size=options.batch_size, rounds=options.rounds)
    for name, ms in results["step"].items():
        print(f"{name:29s} " + " / ".join(f"{value:.1f}" for value in ms.values()))
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
